import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { BytesVector, ColumnType, Selection, Vector } from './batch.ts';
import { cases } from '../fuzz.fixture.ts';
import { openKeyCodec } from './key-codec.ts';
import { openColumns, vectorOf } from './json/columns.ts';
import { laidOut } from './json/scan.fixture.ts';
import { compileScan } from './json/scan.ts';
import { KeyDictionary } from './key.ts';
import { encodeUtf8 } from './utf8.ts';

type TestCell = number | string | null;

/** A frame of the rows, numbers or bytes by column type. */
function frameOf(
  rows: readonly TestCell[][],
  types: readonly ColumnType[],
  text: boolean,
): Vector[] {
  return types.map((type, column) => {
    const cells = rows.map((row) => row[column] ?? null);
    if (type !== 'string') {
      return {
        kind: 'number',
        values: Float64Array.from(cells, (cell) => (cell ?? 0) as number),
        valid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
      };
    }
    if (text) return { kind: 'text', values: cells as (string | null)[] };
    const pieces = cells.map((cell) => (cell === null ? null : encodeUtf8(cell as string)));
    const bytes = new Uint8Array(pieces.reduce((size, piece) => size + (piece?.length ?? 0), 0));
    const start = new Int32Array(cells.length);
    const end = new Int32Array(cells.length);
    let at = 0;
    pieces.forEach((piece, row) => {
      start[row] = piece === null ? -1 : at;
      if (piece !== null) bytes.set(piece, at);
      at += piece?.length ?? 0;
      end[row] = at;
    });
    return { kind: 'bytes', bytes, start, end };
  });
}

const all = (count: number): Selection => ({
  rows: Int32Array.from({ length: count }, (_, row) => row),
  count,
});

function idsOf(
  rows: readonly TestCell[][],
  types: readonly ColumnType[],
  dictionary = new KeyDictionary(),
  text = false,
): number[] {
  const codec = openKeyCodec(types.map((type, slot) => ({ type, slot })));
  const into = new Int32Array(rows.length);
  codec.assign(frameOf(rows, types, text), all(rows.length), dictionary, into);
  return Array.from(into);
}

/** What W9 calls equal. */
const naive = (cells: readonly TestCell[]): string =>
  JSON.stringify(
    cells.map((cell) =>
      typeof cell === 'number' ? ['n', Object.is(cell, -0) ? '0' : String(cell)] : [cell],
    ),
  );

const numbers: fc.Arbitrary<TestCell> = fc.oneof(
  fc.constantFrom(0, -0, NaN, 1, -1, Infinity, -Infinity, 2 ** 53),
  fc.double(),
);
const texts: fc.Arbitrary<TestCell> = fc.oneof(
  fc.constantFrom(
    '',
    'null',
    '1',
    'Paris',
    '\u00ff',
    'ÿÿ',
    '\u0000',
    'x'.repeat(200),
    'y'.repeat(20_000),
  ),
  fc.string({ unit: 'binary' }),
);

describe('group keys', () => {
  it('W9: two rows have one id exactly if their cells are the same, and decode to their cells', () => {
    const keyed = fc
      .array(fc.constantFrom<ColumnType>('string', 'double'), { maxLength: 3 })
      .chain((types) =>
        fc.tuple(
          fc.constant(types),
          fc.array(
            fc.tuple(
              ...types.map((type) => fc.option(type === 'string' ? texts : numbers, { freq: 4 })),
            ),
            { maxLength: 40 },
          ),
        ),
      );
    fc.assert(
      fc.property(keyed, fc.boolean(), ([types, rows], text) => {
        const dictionary = new KeyDictionary();
        const ids = idsOf(rows, types, dictionary, text);
        const byText = new Map<string, number>();
        for (const row of rows) {
          const name = naive(row);
          if (!byText.has(name)) byText.set(name, byText.size);
        }
        expect(ids).toEqual(rows.map((row) => byText.get(naive(row))));
        const codec = openKeyCodec(types.map((type, slot) => ({ type, slot })));
        const decoded = codec.vectors(dictionary, Int32Array.from(ids));
        rows.forEach((row, index) => {
          const cells = codec.cells(dictionary, ids[index] as number);
          expect(naive(cells)).toBe(naive(row));
          row.forEach((_, column) => {
            const vector = decoded[column] as Vector;
            const cell =
              vector.kind === 'text'
                ? vector.values[index]
                : vector.kind === 'number' && vector.valid?.[index] !== 0
                  ? vector.values[index]
                  : null;
            expect(cell).toEqual(cells[column]);
          });
        });
      }),
    );
  });

  it('W9: null is a group; null ≠ "" ≠ "null", 1 ≠ "1", −0 = 0, NaN = NaN', () => {
    expect(idsOf([[null], [''], ['null'], [null]], ['string'])).toEqual([0, 1, 2, 0]);
    expect(idsOf([[0], [-0], [NaN], [0 / 0], [null]], ['double'])).toEqual([0, 0, 1, 1, 2]);
    const dictionary = new KeyDictionary();
    idsOf([[1]], ['double'], dictionary);
    expect(idsOf([['1', null]], ['string', 'double'], dictionary)).toEqual([1]);
  });

  it('W9: composite keys do not run into each other', () => {
    const rows = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['', 'abc'],
      ['abc', null],
    ];
    expect(idsOf(rows, ['string', 'string'])).toEqual([0, 1, 2, 3]);
  });

  it('gives every record one key when there is no key column', () => {
    expect(idsOf([[], [], []], [])).toEqual([0, 0, 0]);
  });
});

/** Reads batches of records with the numbered texts `a` and `b` by one scan. */
function openTexts() {
  const fields = ['a', 'b'].map(
    (name) => ({ path: [name], type: 'string', required: false, numbered: true }) as const,
  );
  const scan = compileScan({ fields, validate: 'read' });
  const columns = openColumns(fields, 1);
  return (batch: readonly (readonly TestCell[])[]): BytesVector[] => {
    const { bytes, records } = laidOut(batch.map(([a, b]) => encodeUtf8(JSON.stringify({ a, b }))));
    scan.open(bytes, columns);
    scan.readAll(records, new Float64Array(batch.length));
    return [0, 1].map((field) => vectorOf(columns, field, batch.length) as BytesVector);
  };
}

const withoutNumbers = ({ kind, bytes, start, end }: BytesVector): BytesVector => ({
  ...{ kind, bytes, start, end },
});

describe('keys that are texts with numbers', () => {
  const cell: fc.Arbitrary<TestCell> = fc.oneof(
    { arbitrary: fc.constantFrom('Paris', 'Lille', 'Metz', 'Nîmes', '', null), weight: 200 },
    { arbitrary: fc.nat(3000).map((n) => `City ${String(n)}`), weight: 100 },
    { arbitrary: fc.constantFrom('x'.repeat(32), 'x'.repeat(33), 'é'.repeat(16)), weight: 20 },
    // Escaped: such a column lies elsewhere, and has no numbers.
    { arbitrary: fc.string({ unit: 'grapheme', maxLength: 9 }), weight: 1 },
  );
  const batches = fc.array(
    fc.record({
      rows: fc.array(fc.tuple(cell, cell, fc.boolean()), { minLength: 1, maxLength: 50 }),
      /** Which fields give keys, one after the other, to which dictionary, and whether that starts over. */
      uses: fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.boolean()), { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it('have the ids that they have without, whatever field they come from, after clear, too', () => {
    let numbered = 0;
    fc.assert(
      fc.property(batches, (all) => {
        const read = openTexts();
        read([['', '']]);
        const codecs = [0, 1].map((slot) => openKeyCodec([{ type: 'string', slot }]));
        const quick = [new KeyDictionary(), new KeyDictionary()];
        const slow = [new KeyDictionary(), new KeyDictionary()];
        for (const { rows, uses } of all) {
          const vectors = read(rows.map(([a, b]) => [a, b]));
          const chosen = rows.flatMap(([, , isChosen], row) => (isChosen ? row : []));
          const selection = { rows: Int32Array.from(chosen), count: chosen.length };
          numbered += vectors[0]?.numbers?.some((number) => number > 0) === true ? 1 : 0;
          for (const [field, of, clears] of uses) {
            const idsBy = (dictionary: KeyDictionary | undefined, from: BytesVector[]) => {
              const into = new Int32Array(chosen.length);
              if (clears) dictionary?.clear();
              codecs[field]?.assign(from, selection, dictionary as KeyDictionary, into);
              return [...into];
            };
            const ids = idsBy(quick[of], vectors);
            expect(ids).toEqual(idsBy(slow[of], vectors.map(withoutNumbers)));
            expect(ids.map((id) => codecs[field]?.cells(quick[of] as KeyDictionary, id))).toEqual(
              chosen.map((row) => [rows[row]?.[field]]),
            );
          }
          expect(quick.map((each) => each.entriesSince(0))).toEqual(
            slow.map((each) => each.entriesSince(0)),
          );
        }
      }),
      { numRuns: cases({ share: 200, all: 5000 }) },
    );
    expect(numbered).toBeGreaterThan(100);
  });

  it('are not looked up again while they come back', () => {
    const read = openTexts();
    const codec = openKeyCodec([{ type: 'string', slot: 1 }]);
    const dictionary = new KeyDictionary();
    const lookups = vi.spyOn(dictionary, 'idOf');
    read([['', '']]);
    for (let batch = 0; batch < 5; batch++) {
      const rows = Array.from({ length: 60 }, (_, n) => ['', `City ${String(n % 3)}`]);
      codec.assign(read(rows), all(60), dictionary, new Int32Array(60));
    }
    expect(lookups).toHaveBeenCalledTimes(3);
  });
});

describe('key dictionary', () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  // Enough for the table to grow.
  const distinct = fc.uniqueArray(text, { maxLength: 600 });
  const filled = (keys: readonly string[]): KeyDictionary => {
    const dictionary = new KeyDictionary();
    for (const key of keys) {
      const bytes = encodeUtf8(`..${key}.`);
      dictionary.idOf(bytes, 2, bytes.length - 1);
    }
    return dictionary;
  };
  const bytesOf = (key: string): Uint8Array => encodeUtf8(key);

  it('numbers keys in order of arrival, through any growth, and finds them again', () => {
    fc.assert(
      fc.property(distinct, (keys) => {
        const dictionary = filled(keys);
        expect(dictionary.size).toBe(keys.length);
        keys.forEach((key, id) => {
          const bytes = bytesOf(key);
          expect(dictionary.find(bytes, 0, bytes.length)).toBe(id);
          expect(dictionary.idOf(bytes, 0, bytes.length)).toBe(id);
          expect(Array.from(dictionary.bytesOf(id))).toEqual(Array.from(bytes));
        });
        const stranger = bytesOf('a key of more than twelve bytes');
        expect(dictionary.find(stranger, 0, stranger.length)).toBe(-1);
      }),
      // Hundreds of keys take long to make fewer.
      { endOnFailure: true },
    );
  });

  it('tells keys apart whose hashes are the same', () => {
    const dictionary = new KeyDictionary();
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    // Of so many keys some thirty pairs have the same hash of 32 bits.
    const keys = 500_000;
    for (let key = 0; key < keys; key++) {
      view.setUint32(0, Math.imul(key, 0x9e3779b1));
      view.setUint32(4, key);
      dictionary.idOf(bytes, 0, 8);
    }
    expect(dictionary.size).toBe(keys);
  });

  it('hands over entries since a mark', () => {
    fc.assert(
      fc.property(distinct, fc.nat(600), (keys, mark) => {
        const dictionary = filled(keys);
        const base = Math.min(mark, keys.length);
        const copy = filled(keys.slice(0, base));
        const entries = dictionary.entriesSince(base);
        expect(entries.ends.length).toBe(keys.length - base);
        copy.addAll(entries);
        expect(copy.entriesSince(0)).toEqual(dictionary.entriesSince(0));
      }),
    );
  });

  it('keeps the order of keys by bytes while keys are added', () => {
    fc.assert(
      fc.property(distinct, fc.nat(600), (keys, cut) => {
        const dictionary = filled(keys.slice(0, cut));
        dictionary.order();
        for (const key of keys) dictionary.idOf(bytesOf(key), 0, bytesOf(key).length);
        const { ids, ranks } = dictionary.order();
        const hex = (id: number): string => Buffer.from(dictionary.bytesOf(id)).toString('hex');
        const sorted = Array.from(ids, hex);
        expect(sorted).toEqual(sorted.toSorted());
        expect(new Set(ids).size).toBe(keys.length);
        ids.forEach((id, rank) => expect(ranks[id]).toBe(rank));
      }),
    );
  });

  it('drops dead keys and says where the live ones are', () => {
    fc.assert(
      fc.property(distinct, fc.array(fc.boolean()), (keys, marks) => {
        const live = Uint8Array.from(marks, (mark) => (mark ? 1 : 0));
        const old = filled(keys);
        const { dictionary, map } = old.compact(live);
        keys.forEach((key, id) => {
          const bytes = bytesOf(key);
          expect(map[id]).toBe(dictionary.find(bytes, 0, bytes.length));
          expect(map[id] === -1).toBe(live[id] !== 1);
        });
      }),
    );
  });

  it('starts anew after clear', () => {
    const dictionary = filled(['a', 'b', 'c']);
    dictionary.clear();
    expect(dictionary.size).toBe(0);
    expect(dictionary.idOf(bytesOf('b'), 0, 1)).toBe(0);
    expect(dictionary.order().ids.length).toBe(1);
  });
});
