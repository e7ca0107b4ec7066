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
import type { ChangedWindows, OpenWindows, StoreSnapshot, WindowPlan } from './open-windows.ts';
import type { Pane } from './pane-list.ts';
import { PaneList } from './pane-list.ts';
import type { PartialColumns } from './partial.ts';
import { Preview } from './preview.ts';
import { sharePanes } from './shared-panes.ts';
import type { SnapshotPart, StoreState } from './snapshot.ts';
import { partsOf, readParts } from './snapshot.ts';
import { TwoStacks } from './two-stacks.ts';
import type { WindowAssigner } from './window.ts';

/** Rows that are counted are made in portions, so that they take no memory together. */
const ROWS_AT_ONCE = 5_000;

/** The window store. All instants are epoch ms. */
export class WindowStore implements OpenWindows {
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
  readonly #preview = new Preview();
  /** On copies: the windows that give rows; null is all. */
  #only: ReadonlySet<number> | null = null;

  /** `order` is asked for the order of keys when windows close; ids are those in merged tables. */
  constructor(plan: WindowPlan, order: () => KeyOrder) {
    this.#plan = plan;
    this.#order = order;
    this.#assigner = openAssigner(plan.shape);
    this.#layout = layoutOf(plan.accumulators);
    this.#panes = new PaneList(this.#layout);
    this.#stacks = new TwoStacks(this.#layout);
  }

  get closedFrontier(): number {
    return this.#closedFrontier;
  }

  get forcedFrontier(): number {
    return this.#forcedFrontier;
  }

  get frontier(): number {
    return Math.max(this.#closedFrontier, this.#forcedFrontier);
  }

  get outputWatermark(): number {
    return this.#closedFrontier - this.#plan.graceMs;
  }

  get outputStartsAt(): number {
    if (this.#startsAt === -Infinity) return -Infinity;
    const pane = this.#assigner.paneOf(this.#startsAt - 1);
    return this.#assigner.windowEnd(this.#assigner.lastWindowOf(pane));
  }

  get counters(): WindowCounters {
    return { ...this.#counters, contributed: this.#contributed };
  }

  /** O(panes). */
  get sizeBytes(): number {
    return this.#panes.sizeBytes + this.#stacks.back.sizeBytes;
  }

  merge(table: PartialColumns, watermarkBefore: number): MergeCounts {
    const target = {
      layout: this.#layout,
      assigner: this.#assigner,
      panes: this.#panes,
      graceMs: this.#plan.graceMs,
      frontier: this.frontier,
      turn: this.#preview.turn,
    };
    const counts = mergeTable(target, table, watermarkBefore);
    this.#contributed += counts.contributed;
    return counts;
  }

  force(frontier: number): void {
    this.#forcedFrontier = Math.max(this.#forcedFrontier, frontier);
  }

  passesAnEnd(next: number): boolean {
    const endedBy = (t: number): number => this.#assigner.lastEndedBy(t - this.#plan.graceMs);
    return endedBy(next) > endedBy(this.frontier);
  }

  isDue(watermark: number): boolean {
    return watermark > this.#closedFrontier;
  }

  startAt(firstEventTime: number): void {
    this.#startsAt = Math.max(this.#startsAt, firstEventTime);
  }

  /** O(groups + panes), amortised, whatever the watermark jumps over. */
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

  openProvisional(more: readonly PartialColumns[] = []): ClosedWindows {
    return this.#onCopy((copy) => {
      for (const table of more) copy.merge(table, -Infinity);
      return copy.close(Infinity);
    });
  }

  /** Takes the time of closing all windows up to the last that is asked for. */
  takeChanged({ endedBy, onlyNew }: ChangedWindows): ClosedWindows {
    const last = this.#assigner.lastEndedBy(endedBy);
    const from = this.#closedThrough + 1;
    const changed = this.#preview.take(this.#panes, this.#assigner, { from, last, onlyNew });
    if (changed.size === 0) {
      return new WindowRows(this.#plan.results, this.#layout.placed, this.#order).take(false);
    }
    return this.#onCopy((copy) => {
      copy.#only = changed;
      return copy.close(endedBy + this.#plan.graceMs);
    });
  }

  /** Takes the time of closing them. */
  openGroups(): GroupCount {
    const after = this.#onCopy((copy) => {
      while (copy.close(Infinity, ROWS_AT_ONCE).more);
      return copy.counters;
    });
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

  /** O(panes). */
  snapshot(): StoreSnapshot {
    const { panes, release } = sharePanes(this.#panes.panes);
    return { parts: partsOf(this.#state(), panes), release };
  }

  restore(parts: Iterable<SnapshotPart>): void {
    const { state, panes } = readParts(parts, this.#layout, this.#assigner.maxWindowsPerPane);
    const stacks = new TwoStacks(this.#layout);
    stacks.rebuild(new PaneList(this.#layout, panes), state.frontUntil, state.backUntil);
    this.#adopt(state, panes, stacks);
  }

  liveKeys(): Uint8Array {
    return this.#panes.liveKeys();
  }

  remapKeys(map: Int32Array): void {
    this.#panes.remapKeys(map);
    this.#stacks.rebuild(this.#panes, this.#stacks.frontUntil, this.#stacks.backUntil);
  }

  /** Asks a copy that shares the tables, as long as `ask` runs. */
  #onCopy<T>(ask: (copy: WindowStore) => T): T {
    const shared = sharePanes(this.#panes.panes, [this.#stacks.back]);
    const copy = new WindowStore(this.#plan, this.#order);
    copy.#adopt(this.#state(), shared.panes, this.#stacks.fork());
    const answer = ask(copy);
    shared.release();
    return answer;
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
    const isWhole = start >= this.#startsAt;
    if (groups !== null && isWhole && this.#only?.has(window) !== false) {
      rows.append(groups, start, this.#assigner.windowEnd(window));
    } else if (groups !== null && !isWhole) {
      const partialStart = addCounts(this.#counters.partialStart, groups.count);
      this.#counters = { ...this.#counters, partialStart };
    }
    this.#closedThrough = window;
    this.#preview.forget(window);
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
