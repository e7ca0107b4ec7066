/** The contract of the state of one window stage on the main thread, whatever its windows are. */
import type { AccumulatorPlan, ResultPlan } from '../aggregate/accumulator.ts';
import type { ClosedWindows } from './closed-windows.ts';
import type { GroupCount, WindowCounters } from './counters.ts';
import type { MergeCounts } from './merge.ts';
import type { PartialColumns } from './partial.ts';
import type { SnapshotPart } from './snapshot.ts';
import type { WindowShape } from './window.ts';

/** What the state of a stage is made of (a WindowNode has it). */
export interface WindowPlan<Shape extends WindowShape = WindowShape> {
  readonly shape: Shape;
  readonly graceMs: number;
  readonly accumulators: readonly AccumulatorPlan[];
  readonly results: readonly ResultPlan[];
}

/** A consistent cut of a state. */
export interface StoreSnapshot {
  /** The parts, made while they are iterated over; may be done once, any time before `release`. */
  readonly parts: Iterable<SnapshotPart>;
  /** Ends the sharing of tables: call once the parts have been copied or written. */
  release(): void;
}

/** Which windows are asked for provisional rows (W5). */
export interface ChangedWindows {
  /** Windows that end at or before it, epoch ms; Infinity: all. */
  readonly endedBy: number;
  /** True: none that was given before, whether it has changed or not. */
  readonly onlyNew: boolean;
}

/** Open windows and their frontiers. All instants are epoch ms. */
export interface OpenWindows {
  /** The watermark up to which all windows have been closed. */
  readonly closedFrontier: number;
  /** The greatest frontier given to `force`; after a restore it may exceed the closed one. */
  readonly forcedFrontier: number;
  /** Records that are late by this watermark take part in nothing: their windows are closed or condemned. */
  readonly frontier: number;
  /** No row that comes later has an event time (window end − 1) below it (W8). */
  readonly outputWatermark: number;
  /** Every row with an event time (window end − 1) of at least this comes out: none is held back (R3). */
  readonly outputStartsAt: number;
  /** Totals since the beginning of the state. */
  readonly counters: WindowCounters;
  /** A rough size in bytes, for the limits. */
  readonly sizeBytes: number;
  /**
   * Merges the partial table of one slice; keys must be global ids. `watermarkBefore` is the
   * watermark of the slice's partition before the slice: what the worker did not know (W2). The
   * table is only read. O(rows · accumulators).
   */
  merge(table: PartialColumns, watermarkBefore: number): MergeCounts;
  /**
   * Condemns all windows up to a frontier that idleness forced (T5): from now on records are late
   * for them (LATE_IDLE), although their rows only come out with `close`. So a snapshot can hold the
   * frontier before any of those rows leaves.
   */
  force(frontier: number): void;
  /** Whether a window ends between `frontier` and `next`: if not, `force(next)` changes nothing. */
  passesAnEnd(next: number): boolean;
  /** Whether `close` has anything to do at a watermark. */
  isDue(watermark: number): boolean;
  /** Windows that begin before it are incomplete: they give no rows (R3). The greatest that was said counts. */
  startAt(firstEventTime: number): void;
  /**
   * Closes every window with `end + grace ≤ watermark` (W3), but no further end once `maxRows` rows
   * are there: then `more` is true and the frontier has moved only that far. Windows without records
   * give no row.
   */
  close(watermark: number, maxRows?: number): ClosedWindows;
  /**
   * Rows of all windows that are still open, as if they closed now, with `more` merged before;
   * nothing changes (R7).
   */
  openProvisional(more?: readonly PartialColumns[]): ClosedWindows;
  /**
   * Rows of open windows that have changed since they were last given here, as if they closed now
   * (W5); those of others and of closed windows are left out. Only where a window keeps its bounds.
   */
  takeChanged?(which: ChangedWindows): ClosedWindows;
  /** Groups and contributions of the windows that are still open. */
  openGroups(): GroupCount;
  /**
   * A consistent cut. Merging and closing go on: tables are copied when they are written to before
   * `release` is called.
   */
  snapshot(): StoreSnapshot;
  /** Replaces the state by the one of a snapshot's parts. Throws ENG_STATE_CORRUPT. */
  restore(parts: Iterable<SnapshotPart>): void;
  /** Marks the key ids that the state refers to: 1 by id, 0 (or beyond the end) for the others. */
  liveKeys(): Uint8Array;
  /** Gives every key id `k` the new id `map[k]`. O(groups). */
  remapKeys(map: Int32Array): void;
}
