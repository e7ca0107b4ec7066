/** Whether the rows of a peer are right: an engine that loses events while it looks fast is marked so. */
import { type BenchRow, differenceOf } from '../../../engine/bench/expected-rows.ts';

/**
 * `all rows` when they are those expected; `closed windows` when those are left out that the last
 * event, less 10 s, had not passed; that nothing was compared where it had passed none; else what is wrong.
 * @param lastMs the latest event time, epoch ms
 */
export function verdictOf(
  rows: readonly BenchRow[],
  expected: readonly BenchRow[],
  { lastMs, windowMs }: { readonly lastMs: number; readonly windowMs: number },
): string {
  if (differenceOf(rows, expected) === null) return 'all rows';
  const isClosed = ({ window_start }: BenchRow): boolean =>
    window_start + windowMs <= lastMs - 10_000;
  const closed = expected.filter(isClosed);
  if (closed.length === 0) return 'none closed: nothing compared';
  const difference = differenceOf(rows.filter(isClosed), closed);
  return difference === null ? 'closed windows' : `WRONG: ${difference}`;
}
