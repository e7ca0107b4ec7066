/**
 * The order of records of several sources (O2): by how far the watermark of its partition had got with
 * a record, its place, then by source, partition and offset.
 *
 *     a/0  ──3────7──▶ 7       free of a/0: up to 5, since b/0 may still bring a place of 6
 *     b/0  ────5──▶ 5          free of b/0: up to 6, since a/0 may still bring a place of 7
 *
 * Places of a partition never go back, so this puts whole logs together and no record is late for it:
 * where partitions are in the order of time it is the order of time. All instants are epoch ms.
 */
import type { Log } from '../dedup/waiting-rows.ts';
import { byLog } from '../dedup/waiting-rows.ts';
import type { PartitionTime } from './watermark.ts';

/** One partition of one source. */
export interface LogTime extends Pick<PartitionTime, 'watermark' | 'idle' | 'ended'> {
  readonly log: Log;
}

/** What of a partition's records can come to no record any more: see `freeUpTo`. */
export interface JointTimes {
  readonly logs: readonly LogTime[];
  /** Records that come from now on stand behind it (T5). */
  readonly forcedUpTo: number;
}

/** Place of a record: the watermark of its partition behind it. */
export const placeOf = (watermarkBefore: number, eventTime: number, outOfOrderMs: number): number =>
  Math.max(watermarkBefore, eventTime - outOfOrderMs);

/**
 * Up to which place records of a log come before all that the other logs can still bring; ∞ where
 * these bring nothing. With `all` idle ones are waited for, too. O(logs).
 */
export function freeUpTo(
  log: Log,
  { logs, forcedUpTo }: JointTimes,
  waitsFor: 'all' | 'active',
): number {
  let least = Infinity;
  for (const { log: other, watermark, idle, ended } of logs) {
    const order = byLog(other, log);
    if (order === 0 || ended || (waitsFor === 'active' && idle)) continue;
    const next = Math.max(watermark, forcedUpTo + 1);
    // At the same place the one that is named first comes first. Places are whole.
    least = Math.min(least, order < 0 ? next - 1 : next);
  }
  return least;
}
