/** The fields of `tests:`: rows given to sources, rows expected of stages and sinks. */
import { z } from 'zod';
import * as fields from './fields.ts';
import { type TestSpec, type UnderSpec, WAIT } from './test-spec.ts';

const row = z.record(z.string(), z.unknown());

/** A row given to a source, or a step in which nothing comes. */
const given = z.looseObject({
  [WAIT]: fields
    .period()
    .optional()
    .describe('Nothing comes for so long: partitions become idle by it. Stands alone in its row.'),
  _partition: fields
    .whole(0, 63)
    .optional()
    .describe('The partition that the row is read from. Default: 0.'),
});

const numbers = (most: number): z.ZodType<readonly number[]> =>
  fields.otherwise<readonly number[]>(fields.list(fields.whole(1, most)), []);

const under = z.strictObject({
  shuffle: fields
    .otherwise(fields.flag(), false)
    .describe(
      'Records come in other orders: partitions interleave otherwise, and records of one partition change places within `out_of_order`.',
    ),
  partitions: numbers(64).describe(
    'The rows are split into so many partitions, each group into one.',
  ),
  workers: numbers(16).describe('So many workers share the records.'),
  batch: numbers(1_000_000).describe('So many rows at most are read at a time.'),
  crash: fields
    .maybe(fields.choice(['each_step']))
    .describe('The process is killed and started again after each batch.'),
});

/** The list of tests. */
export const tests: z.ZodType<readonly TestSpec[]> = fields.otherwise(
  z
    .array(
      z.strictObject({
        name: fields.text().describe('What it shows.'),
        params: fields.otherwise(
          fields
            .mapOf(fields.columnName(), fields.expression())
            .describe(
              'Values of parameters in this test, e.g. `{ SINCE: "2024-03-28 08:00:00" }`.',
            ),
          new Map<string, string>(),
        ),
        given: z
          .record(z.string(), z.array(given))
          .describe(
            'Rows by source, in the order they are read; a step `{ $wait: 3m }` lets time pass.',
          ),
        expect: z
          .record(z.string(), z.array(row))
          .describe(
            'Exactly these rows by stage, sink or `dead_letters`, in any order; a row may name some of its columns.',
          ),
        under: fields
          .maybe<UnderSpec>(under)
          .describe('Changes that must leave the rows as they are: the test is run under each.'),
      }),
    )
    .describe('Rows given, rows expected; run by `engine test`.'),
  [],
);
