/** Rows of windows on their way through a dedup: as tables that wait, and as what passes of these. */
import type { Frame, Selection, Vector } from '../core/batch.ts';
import type { Run, WaitingTable } from '../core/dedup/waiting-rows.ts';
import { gather, gatherValues } from '../core/gather.ts';
import { openKeyCodec } from '../core/key-codec.ts';
import { KeyDictionary } from '../core/key.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import { invariant } from '../errors.ts';
import type { RecordNode, WindowNode } from '../plan/planner.ts';
import type { DedupState } from './dedup-state.ts';
import type { Flowing } from './row-flow.ts';
import { type Tally, count } from './tally.ts';

/**
 * Opens the making of tables of a dedup's rows: columns that cross it by slot, then group columns and
 * bounds of their window. Rows of a window come in the order of `window_end`, which is their place.
 */
export function openRowTables(
  { operations }: RecordNode,
  above: readonly Pick<WindowNode, 'name' | 'keys'>[],
): (rows: Flowing) => WaitingTable {
  const cut = cutAtDedup(operations);
  invariant(cut !== null, 'a dedup without a dedup');
  const { keys, carries, slots } = cut.args;
  const codec = openKeyCodec(keys);
  const dictionary = new KeyDictionary();
  const endSlots = new Map(above.map(({ name, keys: by }) => [name, by.length + 1]));
  return ({ frame, selection, stage, of }) => {
    const { count: length } = selection;
    const key = new Int32Array(length);
    dictionary.clear();
    codec.assign(frame.vectors, selection, dictionary, key);
    const vectors = new Array<Vector | undefined>(slots).fill(undefined);
    gather(frame.vectors, carries, selection).forEach((one, i) => {
      vectors[carries[i] as number] = one;
    });
    const inWindow = Int32Array.from({ length }, (_, at) => {
      const row = selection.rows[at] as number;
      return of.rows?.[row] ?? row;
    });
    const end = endSlots.get(stage);
    invariant(end !== undefined, `rows of ${stage} behind other windows`);
    const identity = Array.from({ length: end + 1 }, (_, slot) => slot);
    const bounds = gather(of.frame.vectors, identity, { rows: inWindow, count: length });
    const ends = bounds[end];
    invariant(ends?.kind === 'number', `rows of ${stage} without end`);
    return {
      log: { name: stage, partition: 0 },
      ...{ length, key, entries: dictionary.entriesSince(0) },
      places: ends.values,
      numbers: of.indexes === null ? [] : [gatherValues(of.indexes, selection)],
      vectors: [...vectors, ...bounds],
    };
  };
}

/** What decides on rows: a dedup, or what it would decide. */
export interface Deciding {
  readonly node: Pick<RecordNode, 'name' | 'operations'>;
  readonly state: DedupState;
  readonly tally: Tally;
}

/**
 * The first rows of their keys among runs, table by table; all others are duplicates. The time of a
 * row is that of its window's end, by which it is looked at too.
 */
export function passingOf(runs: readonly Run[], { node, state, tally }: Deciding): Flowing[] {
  const firsts = new Map<WaitingTable, number[]>();
  let duplicates = 0;
  for (const { table, from, to } of runs) {
    const rows = firsts.get(table) ?? [];
    firsts.set(table, rows);
    for (let row = from; row < to; row++) {
      const eventTime = (table.places[row] as number) - 1;
      const time = { eventTime, watermark: eventTime };
      if (state.isFirst(0, table.entries, table.key[row] as number, time)) rows.push(row);
      else duplicates++;
    }
  }
  count(tally.duplicates, node.name, duplicates);
  const slots = cutAtDedup(node.operations)?.args.slots ?? 0;
  return Array.from(firsts).flatMap(([table, rows]) =>
    rows.length === 0 ? [] : [flowingOf(table, rows, slots)],
  );
}

function flowingOf(
  { log, length, vectors, numbers }: WaitingTable,
  rows: number[],
  slots: number,
): Flowing {
  const selection: Selection = { rows: Int32Array.from(rows), count: rows.length };
  const frame: Frame = { vectors: vectors.slice(0, slots), length };
  const window: Frame = { vectors: vectors.slice(slots), length };
  return {
    ...{ frame, selection, stage: log.name },
    of: { frame: window, rows: null, indexes: numbers[0] ?? null },
  };
}

/** How many rows runs have. */
export const rowsIn = (runs: readonly Run[]): number =>
  runs.reduce((sum, { from, to }) => sum + to - from, 0);
