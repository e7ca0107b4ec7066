/** The records of one slice on their way through what follows a dedup, and what they have given so far. */
import type { Frame, Selection } from '../core/batch.ts';
import { elementIndexes, inputIndexes } from '../core/element-index.ts';
import { gatherValues } from '../core/gather.ts';
import type { UnionInput } from '../plan/planner.ts';
import type { DedupTable, PartialTable, SliceReply, WantedLetter } from '../../workers/protocol.ts';

/** Records of one partition, in the order of their offsets. */
export interface DedupPass {
  readonly source: string;
  readonly partition: number;
  readonly table: Pick<DedupTable, 'offsets' | 'eventTimes' | 'timestamps' | 'indexes'>;
  /** Greatest event time of the partition before each row of the table, −Infinity if none: exact. */
  readonly newest: Float64Array;
  /** Watermark of the partition before each row (W2): `newest` less out_of_order. */
  readonly watermarks: Float64Array;
  readonly partials: PartialTable[];
  readonly rows: SliceReply['rows'][number][];
  readonly wanted: WantedLetter[];
}

/** One stage or sink with what follows it. */
export interface DedupBranch {
  run(frame: Frame, selection: Selection, pass: DedupPass): void;
}

/** The pass in which row r is what row `from[r]` was: its record and times. O(rows). */
export function explodedPass(pass: DedupPass, from: Int32Array): DedupPass {
  const { table, newest, watermarks } = pass;
  const rows: Selection = { rows: from, count: from.length };
  return {
    ...pass,
    table: {
      offsets: gatherValues(table.offsets, rows),
      eventTimes: gatherValues(table.eventTimes, rows),
      timestamps: gatherValues(table.timestamps, rows),
      indexes: elementIndexes(from, table.indexes ?? null),
    },
    newest: gatherValues(newest, rows),
    watermarks: gatherValues(watermarks, rows),
  };
}

/** One input of a union: its rows with the union's slots, told apart from those of the other inputs. */
export function inputBranch(
  union: readonly UnionInput[],
  at: number,
  branch: DedupBranch,
): DedupBranch {
  const { slots } = union[at] as UnionInput;
  return {
    run({ vectors, length }, selection, pass) {
      const { table } = pass;
      const indexes = inputIndexes(table.indexes ?? null, length, { at, inputs: union.length });
      const aligned = { vectors: slots.map((slot) => vectors[slot]), length };
      branch.run(aligned, selection, { ...pass, table: { ...table, indexes } });
    },
  };
}
