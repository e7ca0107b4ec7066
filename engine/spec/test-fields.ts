/** The fields of `tests:`: rows given to sources, rows expected of stages and sinks. */
import { z } from 'zod';
import * as fields from './fields.ts';

const rows = z.record(z.string(), z.array(z.record(z.string(), z.unknown())));

/** Values as a test writes them, by name. */
export type TestValues = Readonly<Record<string, unknown>>;

/** A test of a definition, as it is written. */
export interface TestSpec {
  readonly name: string;
  /** Values of parameters, which hold for this test only. */
  readonly params: ReadonlyMap<string, string>;
  /** Rows by source, in the order they are read; a column that is left out is not in the record. */
  readonly given: Readonly<Record<string, readonly TestValues[]>>;
  /** Rows by stage, sink or `dead_letters`, in any order; each may name some of its columns. */
  readonly expect: Readonly<Record<string, readonly TestValues[]>>;
}

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
        given: rows.describe('Rows by source, in the order they are read.'),
        expect: rows.describe(
          'Exactly these rows by stage, sink or `dead_letters`, in any order; a row may name some of its columns.',
        ),
      }),
    )
    .describe('Rows given, rows expected; run by `engine test`.'),
  [],
);
