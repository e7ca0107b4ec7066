/**
 * Alignment (T6): partitions that are far ahead of the slowest one are paused, or a skewed replay
 * would keep all windows open. Sources whose records meet in a window are held together.
 *
 *     readings/0  ────────●
 *     readings/1  ──────────────────●  ▮▮ paused: more than max_drift ahead of readings/0
 *     forecasts/0 ───────────●
 */
import type { SourceClock } from '../core/time/watermark.ts';
import type { SourceNode } from '../plan/planner.ts';
import type { Valve } from './valve.ts';

/** What alignment sees of a source. */
export interface Aligned {
  readonly node: Pick<SourceNode, 'watermark'>;
  readonly clock: SourceClock;
  readonly valve: Valve;
  /** Partitions whose end was seen since records came. */
  readonly caughtUp: ReadonlyMap<number, unknown>;
}

const NONE: ReadonlySet<number> = new Set();

/** Pauses and resumes what sources that are read together need. O(partitions). */
export function align(sources: readonly Aligned[]): void {
  // When the slowest partition has no more records to read, pausing the others would only make them
  // wait until it counts as idle.
  const alone = isCaughtUp(sources);
  // A source of which no record is known yet may be about to begin anywhere.
  const slowest = sources.every(hasBegun)
    ? Math.min(...sources.map(({ clock }) => clock.slowest()))
    : -Infinity;
  for (const { clock, valve, node } of sources) {
    valve.setAhead(alone ? NONE : clock.ahead(node.watermark.maxDriftMs, slowest));
  }
}

/** Whether the partition that holds the watermark back has been read to its end. */
function isCaughtUp(sources: readonly Aligned[]): boolean {
  let least = Infinity;
  let found = false;
  for (const { clock, caughtUp } of sources) {
    const partition = clock.heldBy();
    if (partition === null) continue;
    const max = clock.maxOf(partition);
    if (max > least) continue;
    found = caughtUp.has(partition) && (max < least || found);
    least = max;
  }
  return found;
}

/** Whether a source has had records, or has none at present. */
function hasBegun({ clock, caughtUp }: Aligned): boolean {
  if (clock.reached() > -Infinity) return true;
  const partition = clock.heldBy();
  if (partition !== null) return caughtUp.has(partition);
  return clock.settled() === Infinity || clock.idle().length > 0;
}
