/** The quick scan of match.as.ts, with the memory it works in; one per scan. */
import type { ScanColumns } from '../columns.ts';
import type { Field } from '../projection.ts';
import type { Records } from '../records.ts';
import { NODE_COUNT, NODE_WIDTH, LITERAL_BYTES, ShapeNodes } from '../shape-nodes.ts';
import { startCode } from './code.ts';
import { Input } from './input.ts';
import { type Cells, furnish, INPUT_BYTES, layOut, ROWS } from './memory.ts';

/** What became of a record: as in match.as.ts. */
export const TAKEN = 0;

/** A quick scan for some fields, null where there can be none. */
export function openQuickScan(fields: readonly Field[]): QuickScan | null {
  const layout = layOut(fields);
  const started = startCode(layout.bytes);
  return started === null ? null : new QuickScan(new Input(started, layout), fields);
}

/** Reads many records at once; what it does not take is left to others. */
export class QuickScan {
  /** The tree that records are followed through: of this memory. */
  readonly tree: ShapeNodes;
  /** After `read`: TAKEN or something else for each record. */
  readonly marks: Uint8Array;
  /** After `read`: the cells of the records that were taken, by row. */
  readonly cells: readonly Cells[];
  /** The bytes it reads: those that were brought there to find the records are not copied again. */
  readonly input: Input;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** The fields whose cells anybody reads, with their cells. */
  readonly #read: readonly (readonly [field: number, cells: Cells])[];

  constructor(input: Input, fields: readonly Field[]) {
    const { code, memory, layout } = input;
    this.input = input;
    this.cells = furnish(memory, layout, fields);
    this.#read = [...this.cells.entries()].filter(([field]) => fields[field]?.unread !== true);
    this.marks = new Uint8Array(memory, layout.marks, ROWS);
    this.#starts = new Int32Array(memory, layout.starts, ROWS);
    this.#ends = new Int32Array(memory, layout.ends, ROWS);
    this.tree = new ShapeNodes({
      nodes: new Int32Array(memory, layout.tree, NODE_COUNT * NODE_WIDTH),
      literals: new Uint8Array(memory, layout.literals, LITERAL_BYTES),
    });
    const { tree, literals, fields: table, powers, scalars, texts } = layout;
    code.place(tree, literals, table, fields.length, powers, scalars, texts);
  }

  /** How many records from `first` on fit into one call; 0 for one that is too long. */
  reach(records: Records, first: number): number {
    const { valueStart, valueEnd } = records;
    const last = Math.min(records.length, first + ROWS);
    // They ascend: where the first and the last fit, all do, as nearly always.
    const from = valueStart[first] as number;
    if (from >= 0 && (valueStart[last - 1] as number) >= 0) {
      if ((valueEnd[last - 1] as number) - from <= INPUT_BYTES) return last - first;
    }
    let begin = -1;
    for (let i = first; i < last; i++) {
      const start = valueStart[i] as number;
      if (start < 0) continue;
      if (begin < 0) begin = start;
      if ((valueEnd[i] as number) - begin > INPUT_BYTES) return i - first;
    }
    return last - first;
  }

  /** Reads `count` records from `first` on, which must ascend and fit; returns how many it took. */
  read(bytes: Uint8Array, records: Records, first: number, count: number): number {
    const { code, layout } = this.input;
    const from = records.valueStart.subarray(first, first + count);
    const to = records.valueEnd.subarray(first, first + count);
    const origin = from.find((at) => at >= 0) ?? 0;
    const end = to[from.findLastIndex((at) => at >= 0)] ?? origin;
    this.#starts.set(from);
    this.#ends.set(to);
    if (!this.input.holds(bytes, origin, end)) this.input.bring(bytes, origin, end);
    return code.read(layout.starts, layout.ends, count, layout.marks, this.input.shift);
  }

  /** Copies the cells of `count` rows into columns, from row `first` on. */
  copyTo(columns: ScanColumns, first: number, count: number): void {
    for (const [field, { values, valid, start, end, numbers }] of this.#read) {
      columns.valid[field]?.set(valid.subarray(0, count), first);
      if (values.length > 0) columns.values[field]?.set(values.subarray(0, count), first);
      else if (columns.start[field]?.length !== 0) {
        columns.start[field]?.set(start.subarray(0, count), first);
        columns.end[field]?.set(end.subarray(0, count), first);
      }
      if (numbers.length > 0) columns.numbers[field]?.set(numbers.subarray(0, count), first);
    }
  }
}
