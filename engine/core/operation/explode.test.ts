import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayText } from '../array.ts';
import { type Cell, type Vector, cellOf } from '../batch.ts';
import { compileOperations } from './compile.ts';
import { type ExplodeArgs, explode } from './explode.ts';

const texts = (values: readonly (string | null)[]): Vector => ({
  kind: 'text',
  values: [...values],
});

function bytes(values: readonly (string | null)[]): Vector {
  const all = values.map((value) => Buffer.from(value ?? ''));
  const end = Int32Array.from(all, (_, i) =>
    all.slice(0, i + 1).reduce((sum, one) => sum + one.length, 0),
  );
  const start = end.map((at, i) => (values[i] === null ? -1 : at - (all[i]?.length ?? 0)));
  return { kind: 'bytes', bytes: Buffer.concat(all), start, end };
}

/** Slot 0 a number that may be null, slot 1 the array, slot 2 a text, slot 3 the element. */
const argsOf = (empty: ExplodeArgs['empty']): ExplodeArgs => ({
  column: { name: 'values', slot: 1 },
  take: [{ name: 'value', slot: 3, type: 'double', member: null }],
  empty,
});

const element = fc.option(fc.integer(), { freq: 4 });
const row = fc.record({
  n: fc.option(fc.nat(9)),
  array: fc.option(fc.array(element, { maxLength: 3 })),
  name: fc.option(fc.constantFrom('a', 'é', '')),
  isSelected: fc.boolean(),
});

function frameOf(
  rows: readonly { n: number | null; array: Cell[] | null; name: string | null }[],
  text: (values: readonly (string | null)[]) => Vector,
) {
  const arrays = rows.map(({ array }) => (array === null ? null : arrayText('double', array)));
  const numbers: Vector = {
    kind: 'number',
    values: Float64Array.from(rows, ({ n }) => n ?? 0),
    valid: Uint8Array.from(rows, ({ n }) => (n === null ? 0 : 1)),
  };
  const vectors = [numbers, text(arrays), text(rows.map(({ name }) => name))];
  return { vectors, length: rows.length };
}

describe('explode', () => {
  it('gives what two nested loops give, whatever the vectors are', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 8 }),
        fc.constantFrom('drop', 'null'),
        fc.constantFrom(texts, bytes),
        (rows, empty, text) => {
          const frame = frameOf(rows, text);
          const chosen = rows.flatMap(({ isSelected }, i) => (isSelected ? [i] : []));
          const operations = [{ operation: 'explode', args: argsOf(empty) }];
          const after = compileOperations('s', operations, 4).run(
            frame,
            { rows: Int32Array.from(chosen), count: chosen.length },
            () => undefined,
          );
          const expected = chosen.flatMap((i): [from: number, cells: Cell[]][] => {
            const { n, array, name } = rows[i]!;
            const text = array === null ? null : arrayText('double', array);
            const elements =
              (array ?? []).length === 0 && empty === 'null' ? [null] : (array ?? []);
            return elements.map((each) => [i, [n, text, name, each]]);
          });
          const { from, selection, filtered, exploded } = after;
          const came = Array.from(selection.rows.subarray(0, selection.count), (r) => [
            from![r],
            after.frame.vectors.map((vector) => cellOf(vector!, r)),
          ]);
          expect(came).toEqual(expected);
          expect(chosen.length + exploded).toBe(selection.count + filtered);
        },
      ),
    );
  });

  it('takes members of structs; a struct that is null has none', () => {
    const args: ExplodeArgs = {
      column: { name: 'all', slot: 0 },
      take: [
        { name: 'id', slot: 1, type: 'int', member: 'id' },
        { name: 'at', slot: 2, type: 'timestamp', member: 'at' },
        { name: 'ok', slot: 3, type: 'bool', member: 'ok' },
      ],
      empty: 'drop',
    };
    const array =
      '[{"id":1,"at":"1970-01-01T00:00:01Z","ok":true},null,{"id":null,"at":null,"ok":false}]';
    const { frame } = explode.open(args, 4)(
      {
        frame: { vectors: [texts([array])], length: 1 },
        selection: { rows: Int32Array.of(0), count: 1 },
      },
      () => undefined,
    );
    const cells = [0, 1, 2].map((r) => [1, 2, 3].map((slot) => cellOf(frame.vectors[slot]!, r)));
    expect(cells).toEqual([
      [1, 1000, 1],
      [null, null, null],
      [null, null, 0],
    ]);
  });

  it('failures behind it are of the row that went in', () => {
    const whole = {
      kind: 'column',
      type: 'double',
      nullable: true,
      slot: 3,
      name: 'value',
    } as const;
    const cast = {
      kind: 'call',
      type: 'int',
      nullable: true,
      name: 'cast',
      args: [whole],
    } as const;
    const operations = [
      { operation: 'explode', args: argsOf('drop') },
      { operation: 'set', args: { slot: 4, value: cast, name: 'whole' } },
    ];
    const rows = [[1], [1e10, 2, 2e10], []].map((array) => ({ n: 0, array, name: '' }));
    const failed: number[] = [];
    const after = compileOperations('s', operations, 5).run(
      frameOf(rows, texts),
      { rows: Int32Array.of(0, 1, 2), count: 3 },
      (row) => failed.push(row),
    );
    expect(failed).toEqual([1, 1]);
    // In 3 + exploded 2 = out 2 + filtered 1 + failed 2 (L1).
    expect(after).toMatchObject({ exploded: 2, filtered: 1, failed: 2, selection: { count: 2 } });
  });
});
