/** Counted windows as parts of a snapshot: where the store stands, its groups, then its windows. */
import type { CountTable } from './count-table.ts';
import type { WindowCounters } from './counters.ts';
import type { SnapshotPart } from './snapshot.ts';
import { headerOf, stateOf } from './snapshot.ts';
import { bytesOf, ColumnReader, columnsOf, corrupt } from './state-columns.ts';

/** The numbers that say where a store of counted windows stands. */
export interface CountState {
  readonly counters: WindowCounters;
  /** Infinity once the input has ended. */
  readonly closedFrontier: number;
}

/** What counted windows have not: time. */
const noTime = {
  ...{ closedThrough: -Infinity, frontUntil: -Infinity, backUntil: -Infinity },
  ...{ forcedFrontier: -Infinity, startsAt: -Infinity },
};

/** The parts of a snapshot; the table is only read, and texts are encoded when they are asked for. */
export function* partsOfCounts(
  state: CountState,
  { groups, groupOf, indexOf, rows }: CountTable,
): Generator<SnapshotPart> {
  yield { header: headerOf({ ...noTime, ...state }), buffers: [] };
  const { keys, partitions, indexes, length } = groups;
  const own = [keys, partitions, indexes].map((column) => bytesOf(column, length));
  yield { header: { part: 'groups', length }, buffers: own };
  const header = { part: 'counted', length: rows.length } as const;
  yield { header, buffers: columnsOf([groupOf, indexOf], rows) };
}

/** Reads parts into an empty table. Throws ENG_STATE_CORRUPT when they do not fit its layout. */
export function readCounts(parts: Iterable<SnapshotPart>, into: CountTable): CountState {
  let state: CountState | null = null;
  for (const { header, buffers } of parts) {
    if (header.part === 'store') {
      state = stateOf(header);
      continue;
    }
    const read = new ColumnReader(buffers, header.length);
    if (header.part === 'groups') {
      const [keys, partitions, indexes] = [read.integers(), read.integers(), read.numbers()];
      keys.forEach((key, group) =>
        into.groups.open(key, partitions[group] as number, indexes[group] as number),
      );
    } else if (header.part === 'counted') {
      const [groups, indexes] = [read.integers(), read.numbers()];
      groups.forEach((group, row) => into.restore(group, indexes[row] as number));
      read.state(into.rows);
      into.settle();
    } else throw corrupt(`it is of ${header.part}`);
  }
  if (state === null) throw corrupt('the store of counted windows itself is missing');
  return state;
}
