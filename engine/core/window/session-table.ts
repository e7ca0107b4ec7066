/** Open sessions with their aggregates, by key (W6). */
import type { Layout } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import type { Selection } from '../batch.ts';
import { type MergeSource, widened } from './group-table.ts';
import { KeyChains } from './key-chains.ts';
import { PairBuffer } from './row-pairs.ts';
import { sessionEnd, stretchStart } from './session.ts';
import type { SessionShape } from './window.ts';

/** Key of a row that holds no session any more. */
const GONE = -1;

/** Below this many rows none is worth moving. */
const FEW_ROWS = 1024;

const pairs = new PairBuffer();

/**
 * A row a session, chained by key; rows of sessions that are gone stay until they are the half. A
 * table whose `shares` is above 0 is also read by a snapshot: write to what `writable()` returns.
 */
export class SessionTable {
  readonly rows: StateRows;
  /** By row: key id, −1 where the session is gone. */
  keys = new Int32Array(64);
  /** By row: event time of the first and of the last record, epoch ms. */
  firsts = new Float64Array(64);
  lasts = new Float64Array(64);
  shares = 0;
  readonly #shape: SessionShape;
  #gone = 0;
  #chains = new KeyChains();

  constructor(layout: Layout, shape: SessionShape, rows = new StateRows(layout)) {
    this.rows = rows;
    this.#shape = shape;
  }

  /** Sessions that are open. */
  get count(): number {
    return this.rows.length - this.#gone;
  }

  /** End of a row's session. */
  endOf(row: number): number {
    return sessionEnd(this.firsts[row] as number, this.lasts[row] as number, this.#shape);
  }

  /**
   * Takes in selected rows of a source, each of records at one instant: `times` by row. Sessions are
   * opened, extended and joined as they need. O(rows · (accumulators + open sessions of the key)).
   */
  mergeRows(source: MergeSource, times: Float64Array, { rows, count }: Selection): void {
    pairs.reset(count);
    const settle = (): void => {
      this.rows.merge(source, pairs);
      pairs.count = 0;
    };
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const key = source.keys[row] as number;
      pairs.push(this.#sessionFor(key, times[row] as number, settle), row);
    }
    settle();
  }

  /** Opens a row as a snapshot has it: the row of a session that is gone is opened as such. */
  restore(key: number, first: number, last: number): void {
    const row = this.#open(key, first, last);
    if (key === GONE) this.#gone++;
    else this.#chains.add(key, row);
  }

  /** Ends the session of a row; its state can be read until the table is written to. */
  remove(row: number): void {
    this.#chains.remove(this.keys[row] as number, row);
    this.keys[row] = GONE;
    this.#gone++;
  }

  /** This table, or one without rows of gone sessions where those are the half of many. */
  compacted(): SessionTable {
    if (this.rows.length < FEW_ROWS || this.#gone * 2 < this.rows.length) return this;
    const fresh = new SessionTable(this.rows.layout, this.#shape);
    pairs.reset(this.count);
    for (let row = 0; row < this.rows.length; row++) {
      const key = this.keys[row] as number;
      if (key === GONE) continue;
      const moved = fresh.#open(key, this.firsts[row] as number, this.lasts[row] as number);
      fresh.#chains.add(key, moved);
      pairs.push(moved, row);
    }
    fresh.rows.merge(this.rows, pairs);
    return fresh;
  }

  /** This table, or a copy of it while others read it. */
  writable(): SessionTable {
    if (this.shares === 0) return this;
    const copy = new SessionTable(this.rows.layout, this.#shape, this.rows.clone());
    copy.keys = this.keys.slice();
    copy.firsts = this.firsts.slice();
    copy.lasts = this.lasts.slice();
    copy.#gone = this.#gone;
    copy.#chains = this.#chains.clone();
    return copy;
  }

  /** Gives every key id `k` the new id `map[k]`. The table must not be shared. */
  remapKeys(map: Int32Array): void {
    this.#chains = new KeyChains();
    for (let row = 0; row < this.rows.length; row++) {
      const key = this.keys[row] as number;
      if (key === GONE) continue;
      this.keys[row] = map[key] as number;
      this.#chains.add(map[key] as number, row);
    }
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.rows.sizeBytes + this.keys.length * 20 + this.#chains.sizeBytes;
  }

  /**
   * The session that takes a record of a key at t, extended to it; `settle` is called before two are
   * joined. A record joins at most two: sessions of a key are a gap apart.
   */
  #sessionFor(key: number, t: number, settle: () => void): number {
    const { gapMs } = this.#shape;
    const start = stretchStart(t, this.#shape);
    let found = -1;
    for (let row = this.#chains.first(key); row >= 0; row = this.#chains.after(row)) {
      const first = this.firsts[row] as number;
      if (t - (this.lasts[row] as number) >= gapMs || first - t >= gapMs) continue;
      if (stretchStart(first, this.#shape) !== start) continue;
      if (found < 0) {
        found = row;
        continue;
      }
      settle();
      this.#join(found, row);
      break;
    }
    if (found < 0) {
      found = this.#open(key, t, t);
      this.#chains.add(key, found);
    }
    this.firsts[found] = Math.min(this.firsts[found] as number, t);
    this.lasts[found] = Math.max(this.lasts[found] as number, t);
    return found;
  }

  #join(into: number, row: number): void {
    this.firsts[into] = Math.min(this.firsts[into] as number, this.firsts[row] as number);
    this.lasts[into] = Math.max(this.lasts[into] as number, this.lasts[row] as number);
    const pair = { into: Int32Array.of(into), from: Int32Array.of(row), count: 1 };
    this.rows.merge(this.rows, pair);
    this.remove(row);
  }

  #open(key: number, first: number, last: number): number {
    const row = this.rows.open();
    if (row === this.keys.length) this.#grow(row * 2);
    this.keys[row] = key;
    this.firsts[row] = first;
    this.lasts[row] = last;
    return row;
  }

  #grow(length: number): void {
    const wider = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(length);
      grown.set(column);
      return grown;
    };
    this.keys = widened(this.keys, length);
    this.firsts = wider(this.firsts);
    this.lasts = wider(this.lasts);
  }
}
