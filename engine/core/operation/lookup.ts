/**
 * lookup: columns of a table, by the value of columns of the row. The table comes with the arguments;
 * it is put there when a run opens (run/lookups.ts), since a plan is made without reading files.
 */
import { cellOf } from '../batch.ts';
import type { Frame, TextVector, Vector } from '../batch.ts';
import { invariant } from '../../errors.ts';
import { KeyDictionary } from '../key.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { WholeKernel } from './kernel.ts';

/** The rows of a table, as far as they are wanted. */
export interface LookupTable {
  /** By row: its key, the texts of the columns looked at. No two are equal. */
  readonly keys: readonly (readonly string[])[];
  /** By column taken, then by row. */
  readonly values: readonly (readonly string[])[];
  /** Of the file's bytes, so that another content is another shape (R3). */
  readonly hash: string;
}

/** Arguments of `lookup`. */
export interface LookupArgs {
  readonly file: string;
  /** Text columns of the row, and what they are called in the table. */
  readonly on: readonly { readonly name: string; readonly slot: number; readonly column: string }[];
  /** Columns of the table, and where their texts go. */
  readonly take: readonly { readonly name: string; readonly slot: number }[];
  /** What becomes of a row that is not in the table. */
  readonly missing: 'null' | 'drop' | 'dead_letter';
  readonly table: LookupTable | null;
}

/** The kernel. A row with a null among its key columns is in no table. */
export const lookup: WholeKernel<LookupArgs> = {
  operation: 'lookup',
  kind: 'whole',
  reads: ({ on }) => on.map(({ slot }) => slot),
  open(args, slots) {
    const { on, take, missing, table } = args;
    // A plan that is only looked at has no tables.
    const find = table === null ? null : finderOf(table.keys, on.length);
    return ({ frame, selection }, fail) => {
      invariant(table !== null && find !== null, `the table of ${args.file} was not read`);
      const { rows, count } = selection;
      const columns = on.map(({ slot }) => frame.vectors[slot] as Vector);
      const taken = take.map((): (string | null)[] =>
        new Array<string | null>(frame.length).fill(null),
      );
      const kept = missing === 'null' ? rows : new Int32Array(count);
      let left = 0;
      for (let i = 0; i < count; i++) {
        const row = rows[i] as number;
        const found = find(columns, row);
        if (found >= 0) {
          for (let t = 0; t < taken.length; t++) {
            (taken[t] as string[])[row] = table.values[t]?.[found] as string;
          }
        } else if (missing !== 'null') {
          if (missing === 'dead_letter') fail(row, absent(args, columns, row));
          continue;
        }
        if (missing !== 'null') kept[left] = row;
        left++;
      }
      return {
        frame: withColumns(frame, { take, taken, slots }),
        selection: { rows: kept, count: left },
      };
    };
  },
};

/** Finds the table's row for a row of columns, −1 if there is none. */
function finderOf(
  keys: LookupTable['keys'],
  width: number,
): (columns: readonly Vector[], row: number) => number {
  const dictionary = new KeyDictionary();
  for (const key of keys) {
    const bytes = encodeUtf8(width === 1 ? (key[0] ?? '') : JSON.stringify(key));
    dictionary.idOf(bytes, 0, bytes.length);
  }
  return (columns, row) => {
    const [first] = columns;
    if (width === 1 && first?.kind === 'bytes') {
      const from = first.start[row] as number;
      return from < 0 ? -1 : dictionary.find(first.bytes, from, first.end[row] as number);
    }
    const cells = columns.map((column) => cellOf(column, row));
    if (cells.includes(null)) return -1;
    const bytes = encodeUtf8(width === 1 ? String(cells[0]) : JSON.stringify(cells));
    return dictionary.find(bytes, 0, bytes.length);
  };
}

function withColumns(
  { vectors, length }: Frame,
  {
    take,
    taken,
    slots,
  }: Pick<LookupArgs, 'take'> & {
    readonly taken: readonly (string | null)[][];
    readonly slots: number;
  },
): Frame {
  const after = Array.from({ length: slots }, (_, slot) => vectors[slot]);
  take.forEach(({ slot }, t) => {
    const column: TextVector = { kind: 'text', values: taken[t] ?? [] };
    after[slot] = column;
  });
  return { vectors: after, length };
}

function absent({ file, on }: LookupArgs, columns: readonly Vector[], row: number): string {
  const texts = on.map(({ name }, i) => {
    const cell = cellOf(columns[i] as Vector, row);
    return `${name} ${cell === null ? 'null' : JSON.stringify(cell)}`;
  });
  return `lookup: ${texts.join(', ')} is not in ${file}`;
}
