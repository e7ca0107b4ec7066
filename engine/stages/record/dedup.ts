/** `dedup`: drops records that have come before. */
import { checkColumns } from '../../plan/column.ts';
import type { RecordStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `dedup`. */
export interface DedupFields {
  readonly by: readonly string[];
  readonly withinMs: number;
}

/** The `dedup` keyword as the language sees it. */
export const dedupKeyword: Keyword<DedupFields> = {
  keyword: 'dedup',
  family: 'record',
  summary:
    'Keeps the first of the rows that agree in some columns, in the order of each partition, and drops the others; over several sources in the order of their watermarks, of windows in that of `window_end`.',
  fields: fields
    .object({
      by: fields
        .list(fields.columnName())
        .describe('The columns that tell a row from others; nulls are equal.'),
      within: fields
        .period()
        .describe(
          'How long a row is remembered: until the watermark of its partition has reached its event time plus this. A row later than that passes. Rows of windows: until one ends so much later.',
        ),
    })
    .transform(({ by, within }) => ({ by, withinMs: within })),
  aliases: ['distinct', 'deduplicate', 'drop_duplicates', 'unique', 'uniq'],
  example: 'dedup: { by: [city, date], within: 1h }',
};

/** The `dedup` stage. */
export const dedup: RecordStage<DedupFields> = {
  ...dedupKeyword,
  family: 'record',
  order: 20,
  plan({ by, withinMs }, scope, { report, path }) {
    const keys = checkColumns(by, scope, { report, path: [...path, 'by'] });
    const { slots } = scope;
    // What crosses the thread is known once all that follows is planned: plan/carried.ts.
    const args = { keys, withinMs, slots, carries: [] };
    return { operations: [{ operation: 'dedup', args }], scope };
  },
};
