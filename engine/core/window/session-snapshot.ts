/** Sessions as parts of a snapshot: where the store stands, then one table of all sessions. */
import type { SessionTable } from './session-table.ts';
import type { SnapshotPart, StoreState } from './snapshot.ts';
import { headerOf, stateOf } from './snapshot.ts';
import { ColumnReader, columnsOf, corrupt } from './state-columns.ts';

/** The numbers that say where a store of sessions stands: of those of a store of panes, some. */
export type SessionState = Pick<
  StoreState,
  'closedFrontier' | 'forcedFrontier' | 'startsAt' | 'counters'
>;

/** What sessions have not: panes. */
const noPanes = { closedThrough: -Infinity, frontUntil: -Infinity, backUntil: -Infinity };

/** The parts of a snapshot; the table is only read, and texts are encoded when they are asked for. */
export function* partsOfSessions(
  state: SessionState,
  { keys, firsts, lasts, rows }: SessionTable,
): Generator<SnapshotPart> {
  yield { header: headerOf({ ...state, ...noPanes }), buffers: [] };
  const header = { part: 'sessions', length: rows.length } as const;
  yield { header, buffers: columnsOf([keys, firsts, lasts], rows) };
}

/** Reads parts into an empty table. Throws ENG_STATE_CORRUPT when they do not fit its layout. */
export function readSessions(parts: Iterable<SnapshotPart>, into: SessionTable): SessionState {
  let state: SessionState | null = null;
  for (const { header, buffers } of parts) {
    if (header.part === 'store') state = stateOf(header);
    if (header.part !== 'sessions') continue;
    const read = new ColumnReader(buffers, header.length);
    const [keys, firsts, lasts] = [read.integers(), read.numbers(), read.numbers()];
    keys.forEach((key, row) => into.restore(key, firsts[row] as number, lasts[row] as number));
    read.state(into.rows);
  }
  if (state === null) throw corrupt('the store of sessions itself is missing');
  return state;
}
