/** A row-wise stage of an extension as an operation: a function called row by row. */
import type { Cell, ColumnType, Frame, Vector } from '../batch.ts';
import { cellOf } from '../batch.ts';
import type { WholeKernel } from '../operation/kernel.ts';
import { cellOfValue, valueOfCell } from './cell.ts';
import type { StageDefinition, Value } from './define.ts';

/** A column that an extension reads or adds. */
export interface OwnColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly slot: number;
}

/** Arguments of the operation; its name is the stage's keyword. */
export interface OwnArgs {
  readonly version: number;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly inputs: readonly OwnColumn[];
  readonly outputs: readonly OwnColumn[];
}

/** The kernel of a stage. O(rows × columns), and what the stage itself costs. */
export const ownOperation = (definition: StageDefinition): WholeKernel<OwnArgs> => ({
  operation: definition.keyword,
  kind: 'whole',
  reads: ({ inputs }) => inputs.map(({ slot }) => slot),
  open({ settings, inputs, outputs }, slots) {
    const compute = definition.open(settings);
    return ({ frame, selection }, fail) => {
      const columns = inputs.map((input) => ({
        ...input,
        vector: frame.vectors[input.slot] as Vector,
      }));
      const added = outputs.map(({ type }) => openVector(type, frame.length));
      const kept = new Int32Array(selection.count);
      let left = 0;
      for (let i = 0; i < selection.count; i++) {
        const row = selection.rows[i] as number;
        try {
          const values = columns.map(({ name, type, vector }): [string, Value] => [
            name,
            valueOfCell(cellOf(vector, row), type),
          ]);
          const result = compute(Object.fromEntries(values));
          if (result === null) continue;
          outputs.forEach(({ name, type }, o) => {
            put(added[o] as Vector, row, inRange(cellOfValue(result[name], type), name));
          });
          kept[left++] = row;
        } catch (thrown) {
          const reason = thrown instanceof Error ? thrown.message : String(thrown);
          fail(row, `${definition.keyword}: ${reason}`);
        }
      }
      const vectors = Array.from({ length: slots }, (_, slot) => frame.vectors[slot]);
      outputs.forEach(({ slot }, o) => (vectors[slot] = added[o]));
      const after: Frame = { vectors, length: frame.length };
      return { frame: after, selection: { rows: kept, count: left } };
    };
  },
});

function inRange(cell: Cell | undefined, name: string): Cell {
  if (cell === undefined) throw new Error(`${name} is out of range`);
  return cell;
}

const openVector = (type: ColumnType, length: number): Vector =>
  type === 'string'
    ? { kind: 'text', values: new Array<string | null>(length).fill(null) }
    : { kind: 'number', values: new Float64Array(length), valid: new Uint8Array(length) };

function put(vector: Vector, row: number, cell: Cell): void {
  if (cell === null || vector.kind === 'bytes') return;
  if (vector.kind === 'text') vector.values[row] = cell as string;
  else {
    vector.values[row] = cell as number;
    if (vector.valid !== null) vector.valid[row] = 1;
  }
}
