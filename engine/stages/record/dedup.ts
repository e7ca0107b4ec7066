/** `dedup`: drops records that have come before. */
import { checkColumn } from '../../plan/column.ts';
import type { PlanColumn } from '../../plan/planner.ts';
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
    'Keeps the first of the rows that agree in some columns, in the order of each partition, and drops the others.',
  fields: fields
    .object({
      by: fields
        .list(fields.columnName())
        .describe('The columns that tell a row from others; nulls are equal.'),
      within: fields
        .period()
        .describe(
          'How long a row is remembered: until the watermark of its partition has reached its event time plus this. A row later than that passes.',
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
  isForRecords: true,
  plan({ by, withinMs }, scope, { report, path }) {
    const keys: PlanColumn[] = [];
    by.forEach((name, index) => {
      const at = [...path, 'by', index];
      const column = checkColumn(name, scope, { report, path: at });
      if (column === null) return;
      if (keys.includes(column)) {
        const message = `${name} is named twice`;
        report({ code: 'duplicate-column', path: at, message, hint: 'remove one of the two' });
      } else keys.push(column);
    });
    const { slots } = scope;
    // What crosses the thread is known once all that follows is planned: plan/carried.ts.
    const args = { keys, withinMs, slots, carries: [] };
    return { operations: [{ operation: 'dedup', args }], scope };
  },
};
