/** `count`: so many rows of a group, in the order in which they stand in their partition. */
import type { WindowStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of `count`. */
export interface CountArgs {
  /** Rows of a full window. */
  readonly size: number;
}

/** The `count` keyword as the language sees it. */
export const countKeyword: Keyword<CountArgs> = {
  keyword: 'count',
  family: 'window',
  summary:
    'So many rows of a group and source partition, one window after the other; rows have `partition` and `window_index` in the place of `window_start` and `window_end`.',
  fields: fields
    .object({
      rows: fields.whole(1, 1_000_000_000).describe('Rows of a full window.'),
    })
    .transform(({ rows }) => ({ size: rows })),
  short: 'rows',
  aliases: ['counts', 'count_window', 'row_count', 'tumbling_count'],
  example: 'window: { count: 100 }',
};

/** The `count` window. */
export const count: WindowStage<CountArgs> = {
  ...countKeyword,
  family: 'window',
  plan: ({ size }) => ({ kind: 'count', size }),
};
