/**
 * The state of a stage of sessions (W6): records of one key and instant come in, are put into the
 * sessions they belong to, and leave when the watermark has reached the end of theirs.
 *
 *     tables ─▶ late? ─▶ open, extend or join sessions ─▶ close(watermark) ─▶ rows by (end, key)
 *
 * A record that is not late by its own partition finds every session it belongs to open: those end
 * after it, so at `end + grace` the stage's watermark has passed its own. So which sessions there are
 * depends neither on the order of records nor on when sessions close.
 */
import type { Layout } from '../aggregate/layout.ts';
import { layoutOf } from '../aggregate/layout.ts';
import type { KeyOrder } from '../key.ts';
import type { ClosedWindows } from './closed-windows.ts';
import { WindowRows } from './closed-windows.ts';
import type { GroupCount, WindowCounters } from './counters.ts';
import { addCounts, noCounters } from './counters.ts';
import type { MergeCounts } from './merge.ts';
import { sourceOf } from './merge.ts';
import type { PartialColumns } from './partial.ts';
import { stretchStart } from './session.ts';
import { partsOfSessions, readSessions } from './session-snapshot.ts';
import { SessionTable } from './session-table.ts';
import type { SnapshotPart } from './snapshot.ts';
import type { StoreSnapshot, WindowPlan, OpenWindows } from './open-windows.ts';
import type { SessionShape } from './window.ts';

/** Open sessions. */
export class SessionStore implements OpenWindows {
  readonly #plan: WindowPlan<SessionShape>;
  readonly #order: () => KeyOrder;
  readonly #layout: Layout;
  #table: SessionTable;
  /** No open session ends before it: sessions only grow. */
  #earliestEnd = Infinity;
  #closedFrontier = -Infinity;
  #forcedFrontier = -Infinity;
  #startsAt = -Infinity;
  #counters = noCounters;

  constructor(plan: WindowPlan<SessionShape>, order: () => KeyOrder) {
    this.#plan = plan;
    this.#order = order;
    this.#layout = layoutOf(plan.accumulators);
    this.#table = new SessionTable(this.#layout, plan.shape);
  }

  get closedFrontier(): number {
    return this.#closedFrontier;
  }

  get forcedFrontier(): number {
    return this.#forcedFrontier;
  }

  /**
   * One before what is closed or condemned: a record whose t + grace is just there cannot belong to
   * a session that ends there. It may well come, as a row of windows above (W8).
   */
  get frontier(): number {
    return Math.max(this.#closedFrontier, this.#forcedFrontier) - 1;
  }

  get outputWatermark(): number {
    return this.#closedFrontier - this.#plan.graceMs;
  }

  /** A session that may have begun before the start ends with the stretch of the instant before it. */
  get outputStartsAt(): number {
    const { shape } = this.#plan;
    return this.#startsAt === -Infinity
      ? -Infinity
      : stretchStart(this.#startsAt - 1, shape) + shape.maxMs;
  }

  get counters(): WindowCounters {
    return this.#counters;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  merge(table: PartialColumns, watermarkBefore: number): MergeCounts {
    const { pane, skip, count, length } = table;
    const { graceMs } = this.#plan;
    const { frontier } = this;
    const rows = new Int32Array(length);
    let timely = 0;
    let [merged, late, lateIdle, unseen] = [0, 0, 0, 0];
    for (let row = 0; row < length; row++) {
      const size = count[row] as number;
      const until = (pane[row] as number) + graceMs;
      if (skip[row] === 0 && until > watermarkBefore && until > frontier) {
        rows[timely++] = row;
        merged += size;
        continue;
      }
      if (skip[row] === 0) unseen += size;
      if (skip[row] !== 0 || until <= watermarkBefore) late += size;
      else lateIdle += size;
    }
    this.#take(table, { rows, count: timely });
    const contributed = this.#counters.contributed + merged;
    this.#counters = { ...this.#counters, contributed };
    const partial = { latePartial: 0, latePartialIdle: 0 };
    return { merged, late, lateIdle, unseen, contributed: merged, ...partial };
  }

  force(frontier: number): void {
    this.#forcedFrontier = Math.max(this.#forcedFrontier, frontier);
  }

  /** Also once every gap, without any session: windows below go by how far this is closed (W8). */
  passesAnEnd(next: number): boolean {
    const { graceMs, shape } = this.#plan;
    const from = Math.max(this.#closedFrontier, this.#forcedFrontier);
    const gaps = (t: number): number => Math.floor((t - graceMs) / shape.gapMs);
    if (gaps(next) > gaps(from)) return true;
    const ends = this.#endsUpTo(next - graceMs);
    return ends.some((row) => this.#table.endOf(row) + graceMs > from);
  }

  isDue(watermark: number): boolean {
    return watermark > this.#closedFrontier;
  }

  startAt(firstEventTime: number): void {
    this.#startsAt = Math.max(this.#startsAt, firstEventTime);
  }

  /** O(open sessions) where any may have ended, else O(1). */
  close(watermark: number, maxRows = Infinity): ClosedWindows {
    const rows = new WindowRows(this.#plan.results, this.#layout.placed, this.#order);
    const { graceMs } = this.#plan;
    const ended = this.#inOrder(this.#endsUpTo(watermark - graceMs));
    if (ended.length > 0) this.#table = this.#table.writable();
    let closed = 0;
    let last = -Infinity;
    for (; closed < ended.length; closed++) {
      const row = ended[closed] as number;
      const end = this.#table.endOf(row);
      if (rows.length >= maxRows && end > last) break;
      last = end;
      this.#closeRow(row, end, rows);
    }
    const more = closed < ended.length;
    if (!more) this.#afterClosing(ended.length > 0);
    const reached = more ? last + graceMs : watermark;
    this.#closedFrontier = Math.max(this.#closedFrontier, reached);
    const { emitted, failed } = this.#counters;
    this.#counters = {
      ...this.#counters,
      emitted: addCounts(emitted, rows.emitted),
      failed: addCounts(failed, rows.failed),
    };
    return rows.take(more);
  }

  openProvisional(more: readonly PartialColumns[] = []): ClosedWindows {
    const copy = new SessionStore(this.#plan, this.#order);
    copy.#table = this.#table;
    copy.#earliestEnd = this.#earliestEnd;
    copy.#startsAt = this.#startsAt;
    this.#table.shares++;
    for (const table of more) copy.merge(table, -Infinity);
    const rows = copy.close(Infinity);
    this.#table.shares--;
    return rows;
  }

  openGroups(): GroupCount {
    const { keys, rows, count } = this.#table;
    let contributions = 0;
    for (let row = 0; row < rows.length; row++) {
      if ((keys[row] as number) >= 0) contributions += rows.records[row] as number;
    }
    return { groups: count, contributions };
  }

  snapshot(): StoreSnapshot {
    const table = this.#table;
    table.shares++;
    const state = {
      closedFrontier: this.#closedFrontier,
      forcedFrontier: this.#forcedFrontier,
      startsAt: this.#startsAt,
      counters: this.#counters,
    };
    return { parts: partsOfSessions(state, table), release: () => table.shares-- };
  }

  restore(parts: Iterable<SnapshotPart>): void {
    const table = new SessionTable(this.#layout, this.#plan.shape);
    const state = readSessions(parts, table);
    this.#table = table;
    this.#closedFrontier = state.closedFrontier;
    this.#forcedFrontier = state.forcedFrontier;
    this.#startsAt = state.startsAt;
    this.#counters = state.counters;
    this.#earliestEnd = this.#findEarliestEnd();
  }

  liveKeys(): Uint8Array {
    const ids = this.#table.keys.subarray(0, this.#table.rows.length);
    const live = new Uint8Array(ids.reduce((a, b) => Math.max(a, b), -1) + 1);
    for (const id of ids) if (id >= 0) live[id] = 1;
    return live;
  }

  remapKeys(map: Int32Array): void {
    this.#table = this.#table.writable();
    this.#table.remapKeys(map);
  }

  #take(table: PartialColumns, selection: { rows: Int32Array; count: number }): void {
    if (selection.count === 0) return;
    const { pane } = table;
    this.#table = this.#table.writable();
    this.#table.mergeRows(sourceOf(this.#layout, table), pane, selection);
    // The least end that a session of these records may have.
    const { shape } = this.#plan;
    for (let i = 0; i < selection.count; i++) {
      const t = pane[selection.rows[i] as number] as number;
      const end = Math.min(t + shape.gapMs, stretchStart(t, shape) + shape.maxMs);
      if (end < this.#earliestEnd) this.#earliestEnd = end;
    }
  }

  /** Rows of open sessions that end at or before t. */
  #endsUpTo(t: number): number[] {
    if (this.#earliestEnd > t) return [];
    const { keys, rows } = this.#table;
    const ended: number[] = [];
    for (let row = 0; row < rows.length; row++) {
      if ((keys[row] as number) >= 0 && this.#table.endOf(row) <= t) ended.push(row);
    }
    // They have grown since: what is known of the least is too old.
    if (ended.length === 0) this.#earliestEnd = this.#findEarliestEnd();
    return ended;
  }

  /** By (end, key, first). */
  #inOrder(sessions: number[]): number[] {
    const table = this.#table;
    if (sessions.length === 0) return sessions;
    const { ranks } = this.#order();
    const rankOf = (row: number): number => ranks[table.keys[row] as number] as number;
    return sessions.sort(
      (a, b) =>
        table.endOf(a) - table.endOf(b) ||
        rankOf(a) - rankOf(b) ||
        (table.firsts[a] as number) - (table.firsts[b] as number),
    );
  }

  #closeRow(row: number, end: number, into: WindowRows): void {
    const table = this.#table;
    const first = table.firsts[row] as number;
    if (this.#mayHaveBegunBefore(first)) {
      const count = { groups: 1, contributions: table.rows.records[row] as number };
      const partialStart = addCounts(this.#counters.partialStart, count);
      this.#counters = { ...this.#counters, partialStart };
    } else {
      into.appendRow(table.rows, row, {
        ...{ key: table.keys[row] as number, windowStart: first },
        windowEnd: end,
      });
    }
    table.remove(row);
  }

  /** Whether a record before the first event time read may belong to a session (R3). */
  #mayHaveBegunBefore(first: number): boolean {
    const { shape } = this.#plan;
    const least = Math.max(first - shape.gapMs + 1, stretchStart(first, shape));
    return least < this.#startsAt;
  }

  #afterClosing(hasClosed: boolean): void {
    if (!hasClosed) return;
    this.#table = this.#table.compacted();
    this.#earliestEnd = this.#findEarliestEnd();
  }

  #findEarliestEnd(): number {
    const { keys, rows } = this.#table;
    let least = Infinity;
    for (let row = 0; row < rows.length; row++) {
      if ((keys[row] as number) >= 0) least = Math.min(least, this.#table.endOf(row));
    }
    return least;
  }
}
