import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Vector, cellOf } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import { type LookupArgs, lookup } from './lookup.ts';

const asText = (cells: readonly (string | null)[]): Vector => ({
  kind: 'text',
  values: [...cells],
});

function asBytes(cells: readonly (string | null)[]): Vector {
  const pieces = cells.map((cell) => encodeUtf8(cell ?? ''));
  const end = new Int32Array(cells.length);
  pieces.forEach((piece, i) => (end[i] = (end[i - 1] ?? 0) + piece.length));
  const start = end.map((at, i) => (cells[i] === null ? -1 : at - (pieces[i]?.length ?? 0)));
  return { kind: 'bytes', bytes: Buffer.concat(pieces), start, end };
}

const text = fc.constantFrom('', 'Brest', 'Nîmes', 'a', 'b', '","', '\\');
const cell = fc.option(text, { freq: 4 });

/** Key columns of the row are slots 0 and on, the two columns taken are slots 5 and 6. */
const argsOf = (
  width: number,
  missing: LookupArgs['missing'],
  table: LookupArgs['table'],
): LookupArgs => ({
  ...{ file: 'cities.csv', missing, table },
  on: Array.from({ length: width }, (_, slot) => ({ name: `k${slot}`, slot, column: `c${slot}` })),
  take: [
    { name: 'region', slot: 5 },
    { name: 'code', slot: 6 },
  ],
});

describe('lookup', () => {
  it('gives each row the columns of the table row with its key, however the key is kept', () => {
    const input = fc.integer({ min: 1, max: 2 }).chain((width) =>
      fc.record({
        width: fc.constant(width),
        keys: fc.uniqueArray(fc.array(text, { minLength: width, maxLength: width }), {
          selector: (key) => JSON.stringify(key),
        }),
        rows: fc.array(fc.array(cell, { minLength: width, maxLength: width })),
        missing: fc.constantFrom('null', 'drop', 'dead_letter'),
        vector: fc.constantFrom(asText, asBytes),
        selected: fc.array(fc.boolean()),
      }),
    );
    fc.assert(
      fc.property(input, ({ width, keys, rows, missing, vector, selected }) => {
        const values = [keys.map((_, i) => `region ${i}`), keys.map((_, i) => `code ${i}`)];
        const run = lookup.open(argsOf(width, missing, { keys, values, hash: '' }), 7);
        const vectors = Array.from({ length: width }, (_, k) =>
          vector(rows.map((row) => row[k] ?? null)),
        );
        const chosen = Array.from(rows.keys()).filter((row) => selected[row] !== false);
        const failed: number[] = [];
        const before = { vectors, length: rows.length };
        const { frame, selection } = run(
          { frame: before, selection: { rows: Int32Array.from(chosen), count: chosen.length } },
          (row) => failed.push(row),
        );
        // The table as a list of pairs, gone through for each row.
        const found = chosen.map((row) =>
          keys.findIndex((key) => key.every((part, k) => part === rows[row]?.[k])),
        );
        const kept = chosen.filter((_, i) => missing === 'null' || (found[i] as number) >= 0);
        expect([...selection.rows.subarray(0, selection.count)]).toEqual(kept);
        expect(failed).toEqual(
          missing === 'dead_letter' ? chosen.filter((_, i) => found[i] === -1) : [],
        );
        for (const row of kept) {
          const at = found[chosen.indexOf(row)] as number;
          const [region, code] = [frame.vectors[5], frame.vectors[6]] as [Vector, Vector];
          expect([cellOf(region, row), cellOf(code, row)]).toEqual(
            at < 0 ? [null, null] : [`region ${at}`, `code ${at}`],
          );
        }
        expect(frame.vectors.slice(0, width)).toEqual(vectors);
      }),
    );
  });

  it('says which key was not there', () => {
    const run = lookup.open(argsOf(1, 'dead_letter', { keys: [], values: [[], []], hash: '' }), 7);
    const reasons: string[] = [];
    const frame = { vectors: [asText(['Metz', null])], length: 2 };
    run({ frame, selection: { rows: Int32Array.of(0, 1), count: 2 } }, (_, why) =>
      reasons.push(why),
    );
    expect(reasons).toEqual([
      'lookup: k0 "Metz" is not in cities.csv',
      'lookup: k0 null is not in cities.csv',
    ]);
  });

  it('does not run without its table', () => {
    const run = lookup.open(argsOf(1, 'null', null), 7);
    const rows = {
      frame: { vectors: [], length: 0 },
      selection: { rows: new Int32Array(), count: 0 },
    };
    expect(() => run(rows, () => undefined)).toThrow('cities.csv was not read');
  });
});
