/**
 * Window state as parts of a JSON header and binary columns. The first part is the store itself,
 * every other one a table of groups. Columns are in the byte order of the machine (little-endian
 * wherever the engine runs).
 */
import { EngineError } from '../../errors.ts';
import type { Layout } from '../aggregate/layout.ts';
import type { StateRows } from '../aggregate/state-rows.ts';
import { textOf } from '../batch.ts';
import type { JsonInstant } from '../time/instant.ts';
import { instantFromJson, instantToJson } from '../time/instant.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { WindowCounters } from './counters.ts';
import { GroupTable } from './group-table.ts';
import { LateTable } from './late-table.ts';
import type { Pane } from './pane-list.ts';

/** The numbers that say where a store stands. Instants in epoch ms; ±Infinity are allowed. */
export interface StoreState {
  /** The last window that is closed. */
  readonly closedThrough: number;
  readonly closedFrontier: number;
  readonly forcedFrontier: number;
  /** Windows that begin before it give no rows (R3). */
  readonly startsAt: number;
  /** Of the two stacks: panes below it hold suffixes, up to `backUntil` the back is rebuilt. */
  readonly frontUntil: number;
  readonly backUntil: number;
  readonly counters: WindowCounters;
}

const instants = [
  'closedThrough',
  'closedFrontier',
  'forcedFrontier',
  'startsAt',
  'frontUntil',
  'backUntil',
] as const;

/** Header of the first part. */
export interface StoreHeader {
  readonly part: 'store';
  readonly instants: readonly JsonInstant[];
  readonly counters: WindowCounters;
}

/** Header of a table: buffers are keys, skips (`late` only), records, numbers, then text pairs. */
export interface GroupsHeader {
  readonly part: 'all' | 'late';
  readonly pane: number;
  readonly length: number;
}

/** A part of a snapshot: JSON and bytes. On the way out the bytes are views that must not change. */
export interface SnapshotPart {
  readonly header: StoreHeader | GroupsHeader;
  readonly buffers: readonly Uint8Array[];
}

/** The parts of a snapshot. Text columns are only encoded when they are asked for. */
export function* partsOf(state: StoreState, panes: readonly Pane[]): Generator<SnapshotPart> {
  const header = instants.map((name) => instantToJson(state[name]));
  yield { header: { part: 'store', instants: header, counters: state.counters }, buffers: [] };
  for (const { number, all, late } of panes) {
    const { length } = all;
    if (length > 0) {
      yield {
        header: { part: 'all', pane: number, length },
        buffers: columnsOf([all.keys], all.rows),
      };
    }
    if (late === null) continue;
    const header = { part: 'late', pane: number, length: late.length } as const;
    yield { header, buffers: columnsOf([late.keys, late.skips], late.rows) };
  }
}

/** Reads parts in any order of panes. Throws ENG_STATE_CORRUPT when they do not fit the layout. */
export function readParts(
  parts: Iterable<SnapshotPart>,
  layout: Layout,
  windows: number,
): { state: StoreState; panes: Pane[] } {
  let state: StoreState | null = null;
  const panes = new Map<number, Pane>();
  for (const { header, buffers } of parts) {
    if (header.part === 'store') {
      state = stateOf(header);
      continue;
    }
    const pane = panes.get(header.pane) ?? {
      number: header.pane,
      all: new GroupTable(layout),
      late: null,
    };
    panes.set(header.pane, pane);
    const read = new ColumnReader(buffers, header.length);
    if (header.part === 'all') readAll(pane.all, read);
    else pane.late = readLate(new LateTable(layout, windows), read);
  }
  if (state === null) throw corrupt('the window store itself is missing');
  return { state, panes: [...panes.values()].toSorted((a, b) => a.number - b.number) };
}

/** Where a store stands. Throws ENG_STATE_CORRUPT when the header is not whole. */
export function stateOf({ instants: values, counters }: StoreHeader): StoreState {
  const at = (name: (typeof instants)[number]): number => {
    const value = values[instants.indexOf(name)];
    if (value === undefined) throw corrupt(`no ${name}`);
    return instantFromJson(value);
  };
  return {
    closedThrough: at('closedThrough'),
    closedFrontier: at('closedFrontier'),
    forcedFrontier: at('forcedFrontier'),
    startsAt: at('startsAt'),
    frontUntil: at('frontUntil'),
    backUntil: at('backUntil'),
    counters,
  };
}

function readAll(table: GroupTable, read: ColumnReader): void {
  const keys = read.integers();
  for (const key of keys) table.rowOf(key);
  read.state(table.rows);
}

function readLate(table: LateTable, read: ColumnReader): LateTable {
  const keys = read.integers();
  const skips = read.integers();
  for (let row = 0; row < keys.length; row++) {
    table.rowOf(keys[row] as number, skips[row] as number);
  }
  read.state(table.rows);
  return table;
}

const bytesOf = (column: Int32Array | Float64Array, length: number): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, length * column.BYTES_PER_ELEMENT);

function columnsOf(integers: readonly Int32Array[], rows: StateRows): Uint8Array[] {
  const { length, records, numbers, texts } = rows;
  return [
    ...integers.map((column) => bytesOf(column, length)),
    bytesOf(records, length),
    ...numbers.map((column) => bytesOf(column, length)),
    ...texts.flatMap((column) => encodeTexts(column, length)),
  ];
}

/** Lengths in bytes (−1 for null), then the bytes one after the other. */
function encodeTexts(column: readonly (string | null)[], length: number): Uint8Array[] {
  const lengths = new Int32Array(length).fill(-1);
  const encoded: Uint8Array[] = [];
  let size = 0;
  for (let row = 0; row < length; row++) {
    const text = column[row] ?? null;
    if (text === null) continue;
    const bytes = encodeUtf8(text);
    encoded.push(bytes);
    lengths[row] = bytes.length;
    size += bytes.length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of encoded) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return [bytesOf(lengths, length), bytes];
}

/** Takes columns of a table off the list of buffers, copying them (they may be unaligned). */
class ColumnReader {
  readonly #buffers: readonly Uint8Array[];
  readonly #length: number;
  #next = 0;

  constructor(buffers: readonly Uint8Array[], length: number) {
    this.#buffers = buffers;
    this.#length = length;
  }

  integers(): Int32Array {
    return new Int32Array(this.#take(4));
  }

  /** Fills the state of rows that are open already. */
  state(rows: StateRows): void {
    if (rows.length !== this.#length) throw corrupt('two groups have the same key');
    rows.records.set(new Float64Array(this.#take(8)));
    for (const column of rows.numbers) column.set(new Float64Array(this.#take(8)));
    for (const column of rows.texts) this.#texts(column);
  }

  #texts(column: (string | null)[]): void {
    const lengths = this.integers();
    const bytes = this.#buffers[this.#next++] ?? new Uint8Array();
    let at = 0;
    for (let row = 0; row < lengths.length; row++) {
      const length = lengths[row] as number;
      if (length < 0) continue;
      column[row] = textOf(bytes, at, at + length);
      at += length;
    }
    if (at !== bytes.length) throw corrupt('a text column has another length');
  }

  #take(width: number): ArrayBuffer {
    const bytes = this.#buffers[this.#next++];
    if (bytes?.length !== this.#length * width) throw corrupt('a column has another length');
    return bytes.slice().buffer;
  }
}

const corrupt = (what: string): EngineError =>
  new EngineError('ENG_STATE_CORRUPT', `the saved window state cannot be used: ${what}`);
