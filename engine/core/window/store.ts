/**
 * The state of one window stage on the main thread: panes of columnar aggregates, merged from the
 * workers' partial tables in offset order and closed by the stage's watermark.
 *
 *     tables ─▶ merge ─▶ pane  pane  pane  pane ─▶ close(watermark) ─▶ rows of closed windows
 *                         ├─ all: counts in all windows of the pane, by key
 *                         └─ late: skips the oldest of them, by (key, skip)
 *
 * What is late is decided by the record's own partition (W2). The stage's frontiers only come in
 * where idleness let the watermark overtake a partition (W4).
 */
import type { AccumulatorPlan, ResultPlan } from '../aggregate/accumulator.ts';
import type { Layout } from '../aggregate/layout.ts';
import { layoutOf } from '../aggregate/layout.ts';
import type { KeyOrder } from '../key.ts';
import { openAssigner } from './assigner.ts';
import { assembleWindow } from './assemble.ts';
import type { ClosedWindows } from './closed-windows.ts';
import { WindowRows } from './closed-windows.ts';
import type { GroupCount, WindowCounters } from './counters.ts';
import { addCounts, noCounters } from './counters.ts';
import type { MergeCounts } from './merge.ts';
import { mergeTable } from './merge.ts';
import type { Pane } from './pane-list.ts';
import { PaneList } from './pane-list.ts';
import type { PartialColumns } from './partial.ts';
import { sharePanes } from './shared-panes.ts';
import type { SnapshotPart, StoreState } from './snapshot.ts';
import { partsOf, readParts } from './snapshot.ts';
import { TwoStacks } from './two-stacks.ts';
import type { WindowAssigner, WindowShape } from './window.ts';

/** What a store is made of (a WindowNode has it). */
export interface WindowPlan {
  readonly shape: WindowShape;
  readonly graceMs: number;
  readonly accumulators: readonly AccumulatorPlan[];
  readonly results: readonly ResultPlan[];
}

/** A consistent cut of a store. */
export interface StoreSnapshot {
  /** The parts, made while they are iterated over; may be done once, any time before `release`. */
  readonly parts: Iterable<SnapshotPart>;
  /** Ends the sharing of tables: call once the parts have been copied or written. */
  release(): void;
}

/** Rows that are counted are made in portions, so that they take no memory together. */
const ROWS_AT_ONCE = 5_000;

/** The window store. All instants are epoch ms. */
export class WindowStore {
  readonly #plan: WindowPlan;
  readonly #order: () => KeyOrder;
  readonly #assigner: WindowAssigner;
  readonly #layout: Layout;
  #panes: PaneList;
  #stacks: TwoStacks;
  #closedThrough = -Infinity;
  #closedFrontier = -Infinity;
  #forcedFrontier = -Infinity;
  #startsAt = -Infinity;
  #contributed = 0;
  #counters = noCounters;

  /** `order` is asked for the order of keys when windows close; ids are those in merged tables. */
  constructor(plan: WindowPlan, order: () => KeyOrder) {
    this.#plan = plan;
    this.#order = order;
    this.#assigner = openAssigner(plan.shape);
    this.#layout = layoutOf(plan.accumulators);
    this.#panes = new PaneList(this.#layout);
    this.#stacks = new TwoStacks(this.#layout);
  }

  /** The watermark up to which all windows have been closed. */
  get closedFrontier(): number {
    return this.#closedFrontier;
  }

  /** The greatest frontier given to `force`; after a restore it may exceed the closed one. */
  get forcedFrontier(): number {
    return this.#forcedFrontier;
  }

  /** Windows up to here take no records: they are closed, or condemned by `force`. */
  get frontier(): number {
    return Math.max(this.#closedFrontier, this.#forcedFrontier);
  }

  /** No row that comes later has an event time (window end − 1) below it (W8). */
  get outputWatermark(): number {
    return this.#closedFrontier - this.#plan.graceMs;
  }

  /** Every row with an event time (window end − 1) of at least this comes out: none is held back (R3). */
  get outputStartsAt(): number {
    if (this.#startsAt === -Infinity) return -Infinity;
    const pane = this.#assigner.paneOf(this.#startsAt - 1);
    return this.#assigner.windowEnd(this.#assigner.lastWindowOf(pane));
  }

  /** Totals since the beginning of the state. */
  get counters(): WindowCounters {
    return { ...this.#counters, contributed: this.#contributed };
  }

  /** A rough size in bytes, for the limits. O(panes). */
  get sizeBytes(): number {
    return this.#panes.sizeBytes + this.#stacks.back.sizeBytes;
  }

  /**
   * Merges the partial table of one slice; keys must be global ids. `watermarkBefore` is the
   * watermark of the slice's partition before the slice: what the worker did not know (W2). The
   * table is only read. O(rows · accumulators).
   */
  merge(table: PartialColumns, watermarkBefore: number): MergeCounts {
    const target = {
      layout: this.#layout,
      assigner: this.#assigner,
      panes: this.#panes,
      graceMs: this.#plan.graceMs,
      frontier: this.frontier,
    };
    const counts = mergeTable(target, table, watermarkBefore);
    this.#contributed += counts.contributed;
    return counts;
  }

  /**
   * Condemns all windows up to a frontier that idleness forced (T5): from now on records are late
   * for them (LATE_IDLE), although their rows only come out with `close`. So a snapshot can hold the
   * frontier before any of those rows leaves.
   */
  force(frontier: number): void {
    this.#forcedFrontier = Math.max(this.#forcedFrontier, frontier);
  }

  /** Whether a window ends between `frontier` and `next`: if not, `force(next)` changes nothing. */
  passesAnEnd(next: number): boolean {
    const endedBy = (t: number): number => this.#assigner.lastEndedBy(t - this.#plan.graceMs);
    return endedBy(next) > endedBy(this.frontier);
  }

  /** Windows that begin before the first event time read are incomplete: they give no rows (R3). */
  startAt(firstEventTime: number): void {
    this.#startsAt = firstEventTime;
  }

  /**
   * Closes every window with `end + grace ≤ watermark` (W3), but no further window once `maxRows`
   * rows are there: then `more` is true and the frontier has moved only that far. Windows without
   * records give no row. O(groups + panes), amortised, whatever the watermark jumps over.
   */
  close(watermark: number, maxRows = Infinity): ClosedWindows {
    const rows = new WindowRows(this.#plan.results, this.#layout.placed, this.#order);
    const { graceMs } = this.#plan;
    const last = this.#assigner.lastEndedBy(watermark - graceMs);
    let window = this.#nextWindow(last);
    while (window !== null && rows.length < maxRows) {
      this.#closeWindow(window, rows);
      window = this.#nextWindow(last);
    }
    const more = window !== null;
    if (!more) this.#closedThrough = Math.max(this.#closedThrough, last);
    const reached = more ? this.#assigner.windowEnd(this.#closedThrough) + graceMs : watermark;
    this.#closedFrontier = Math.max(this.#closedFrontier, reached);
    this.#count(rows);
    return rows.take(more);
  }

  /**
   * Rows of all windows that are still open, as if they closed now, with `more` merged before;
   * nothing changes (R7).
   */
  openProvisional(more: readonly PartialColumns[] = []): ClosedWindows {
    return this.#closeCopy(Infinity, more).rows;
  }

  /** Groups and contributions of the windows that are still open. Takes the time of closing them. */
  openGroups(): GroupCount {
    const { after } = this.#closeCopy(ROWS_AT_ONCE);
    const groups = (counters: WindowCounters): number =>
      counters.emitted.groups + counters.failed.groups + counters.partialStart.groups;
    const contributions = (counters: WindowCounters): number =>
      counters.emitted.contributions +
      counters.failed.contributions +
      counters.partialStart.contributions;
    return {
      groups: groups(after) - groups(this.#counters),
      contributions: contributions(after) - contributions(this.#counters),
    };
  }

  /**
   * A consistent cut of the state. Merging and closing go on: tables are copied when they are
   * written to before `release` is called. O(panes).
   */
  snapshot(): StoreSnapshot {
    const { panes, release } = sharePanes(this.#panes.panes);
    return { parts: partsOf(this.#state(), panes), release };
  }

  /** Replaces the state by the one of a snapshot's parts. Throws ENG_STATE_CORRUPT. */
  restore(parts: Iterable<SnapshotPart>): void {
    const { state, panes } = readParts(parts, this.#layout, this.#assigner.maxWindowsPerPane);
    const stacks = new TwoStacks(this.#layout);
    stacks.rebuild(new PaneList(this.#layout, panes), state.frontUntil, state.backUntil);
    this.#adopt(state, panes, stacks);
  }

  /** Marks the key ids that the state refers to: 1 by id, 0 (or beyond the end) for the others. */
  liveKeys(): Uint8Array {
    return this.#panes.liveKeys();
  }

  /** Gives every key id `k` the new id `map[k]`. O(groups). */
  remapKeys(map: Int32Array): void {
    this.#panes.remapKeys(map);
    this.#stacks.rebuild(this.#panes, this.#stacks.frontUntil, this.#stacks.backUntil);
  }

  /** Closes all windows of a copy that shares the tables; the rows are the last at most `maxRows`. */
  #closeCopy(
    maxRows: number,
    more: readonly PartialColumns[] = [],
  ): { rows: ClosedWindows; after: WindowCounters } {
    const shared = sharePanes(this.#panes.panes, [this.#stacks.back]);
    const copy = new WindowStore(this.#plan, this.#order);
    copy.#adopt(this.#state(), shared.panes, this.#stacks.fork());
    for (const table of more) copy.merge(table, -Infinity);
    let rows = copy.close(Infinity, maxRows);
    while (rows.more) rows = copy.close(Infinity, maxRows);
    shared.release();
    return { rows, after: copy.counters };
  }

  /** The next window up to `last` that has panes, null if there is none. */
  #nextWindow(last: number): number | null {
    const [pane] = this.#panes.panes;
    if (pane === undefined) return null;
    const window = Math.max(this.#closedThrough + 1, this.#assigner.firstWindowOf(pane.number));
    return window <= last ? window : null;
  }

  #closeWindow(window: number, rows: WindowRows): void {
    const { step, panes } = this.#assigner;
    const from = window * step;
    const tables = this.#stacks.window(this.#panes, from, from + panes);
    const inside = this.#panes.between(from, from + panes);
    const groups = assembleWindow(this.#assigner, window, tables, inside);
    const start = this.#assigner.windowStart(window);
    if (groups !== null && start >= this.#startsAt) {
      rows.append(groups, start, this.#assigner.windowEnd(window));
    } else if (groups !== null) {
      const partialStart = addCounts(this.#counters.partialStart, groups.count);
      this.#counters = { ...this.#counters, partialStart };
    }
    this.#closedThrough = window;
    this.#panes.dropBelow(from + step);
  }

  #count(rows: WindowRows): void {
    const { emitted, failed } = this.#counters;
    this.#counters = {
      ...this.#counters,
      emitted: addCounts(emitted, rows.emitted),
      failed: addCounts(failed, rows.failed),
    };
  }

  #state(): StoreState {
    return {
      closedThrough: this.#closedThrough,
      closedFrontier: this.#closedFrontier,
      forcedFrontier: this.#forcedFrontier,
      startsAt: this.#startsAt,
      frontUntil: this.#stacks.frontUntil,
      backUntil: this.#stacks.backUntil,
      counters: this.counters,
    };
  }

  #adopt(state: StoreState, panes: Pane[], stacks: TwoStacks): void {
    this.#panes = new PaneList(this.#layout, panes);
    this.#stacks = stacks;
    this.#closedThrough = state.closedThrough;
    this.#closedFrontier = state.closedFrontier;
    this.#forcedFrontier = state.forcedFrontier;
    this.#startsAt = state.startsAt;
    this.#contributed = state.counters.contributed;
    this.#counters = state.counters;
  }
}
