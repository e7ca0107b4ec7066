/** All that is known of why a row is as it is, and the words its parts are told in. */
import type { StageState } from '../run/last-state.ts';
import type { ReachingRecord, WhyPartition } from '../run/why.ts';
import { type TableRow, type WhyDifference, differencesOf } from '../run/why-difference.ts';
import type { Explanation, LowerRow } from '../run/why-explain.ts';
import type { Question } from '../run/why-plan.ts';

/** All that is known of a row. */
export interface Why extends Explanation {
  readonly table: string;
  /** The row as the table has it; null where it has none. */
  readonly row: TableRow | null;
  /** The stage in the newest snapshot; null without one, and for rows of records. */
  readonly state: StageState | null;
}

/** Whether the row is made of rows of windows (W8). */
export const isOverWindows = ({ question: { window, probes } }: Pick<Why, 'question'>): boolean =>
  window !== null && probes.length === 0;

/** Where the table's row differs from the logs'; null where one of them is not there. */
export function whyDifferences({
  row,
  recomputed,
  question,
}: Why): readonly WhyDifference[] | null {
  return row === null || recomputed === null ? null : differencesOf(row, question.sink, recomputed);
}

/** Offsets of the records that are late, or are not. */
export const offsetsOf = (records: readonly ReachingRecord[], isLate: boolean): number[] =>
  records.filter((record) => record.isLate === isLate).map(({ offset }) => offset);

/** The rows and all beneath them, each once, the nearest first. */
export function beneath(rows: readonly LowerRow[]): readonly LowerRow[] {
  const found = new Set(rows);
  // A set takes in what is added while it is gone through.
  for (const { rows: lower } of found) for (const row of lower) found.add(row);
  return [...found];
}

/** So many of something. */
export const count = (number: number, what: string): string =>
  `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;

/** A partition as it is named: with its source where there are several. */
export const nameOf = (
  { source, partition }: Pick<WhyPartition, 'source' | 'partition'>,
  { sources }: Question,
): string => (sources.length > 1 ? `${source} partition ${partition}` : `partition ${partition}`);
