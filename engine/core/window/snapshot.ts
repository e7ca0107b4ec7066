/**
 * Window state as parts of a JSON header and binary columns. The first part is the store itself,
 * every other one a table of groups.
 */
import type { Layout } from '../aggregate/layout.ts';
import type { JsonInstant } from '../time/instant.ts';
import { instantFromJson, instantToJson } from '../time/instant.ts';
import type { WindowCounters } from './counters.ts';
import { GroupTable } from './group-table.ts';
import { LateTable } from './late-table.ts';
import type { Pane } from './pane-list.ts';
import { ColumnReader, columnsOf, corrupt } from './state-columns.ts';

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

/**
 * Header of a table: buffers are keys, skips (`late` only), records, numbers, then a pair of lengths
 * and bytes for each column of texts, and for each of collections.
 */
export interface GroupsHeader {
  readonly part: 'all' | 'late';
  readonly pane: number;
  readonly length: number;
}

/** Header of the table of sessions: buffers are keys, firsts, lasts, records, numbers, then text pairs. */
export interface SessionsHeader {
  readonly part: 'sessions';
  readonly length: number;
}

/**
 * Header of the tables of counted windows: buffers of `groups` are keys, partitions and next indexes,
 * those of `counted` groups, indexes, records, numbers, then text pairs.
 */
export interface CountedHeader {
  readonly part: 'groups' | 'counted';
  readonly length: number;
}

/** A part of a snapshot: JSON and bytes. On the way out the bytes are views that must not change. */
export interface SnapshotPart {
  readonly header: StoreHeader | GroupsHeader | SessionsHeader | CountedHeader;
  readonly buffers: readonly Uint8Array[];
}

/** The parts of a snapshot. Text columns are only encoded when they are asked for. */
export function* partsOf(state: StoreState, panes: readonly Pane[]): Generator<SnapshotPart> {
  yield { header: headerOf(state), buffers: [] };
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
    if (header.part !== 'all' && header.part !== 'late') throw corrupt(`it is of ${header.part}`);
    const pane = panes.get(header.pane) ?? {
      number: header.pane,
      all: new GroupTable(layout),
      late: null,
      touchedIn: 0,
    };
    panes.set(header.pane, pane);
    const read = new ColumnReader(buffers, header.length);
    if (header.part === 'all') readAll(pane.all, read);
    else pane.late = readLate(new LateTable(layout, windows), read);
  }
  if (state === null) throw corrupt('the window store itself is missing');
  return { state, panes: [...panes.values()].toSorted((a, b) => a.number - b.number) };
}

/** Where a store stands, as the first part. */
export const headerOf = (state: StoreState): StoreHeader => ({
  part: 'store',
  instants: instants.map((name) => instantToJson(state[name])),
  counters: state.counters,
});

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
