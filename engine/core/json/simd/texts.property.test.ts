/**
 * Numbers of texts: rows with the same number, but 0, have the same text, whatever the scan has read
 * before; and texts that come back have the number they had.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../../fuzz.fixture.ts';
import { openColumns, type ScanColumns, vectorOf } from '../columns.ts';
import type { Field } from '../projection.ts';
import { expectedRow, laidOut } from '../scan.fixture.ts';
import { compileScan, type Scan } from '../scan.ts';

const utf8 = new TextEncoder();

/** Fields `a`, `b` and `c` have numbers, `d` has none. */
const NAMES = ['a', 'b', 'c'];
const text = (name: string, numbered = true): Field => ({
  ...{ path: [name], type: 'string', required: false },
  ...(numbered && { numbered: true }),
});
const fields: readonly Field[] = [
  ...NAMES.map((name) => text(name)),
  text('d', false),
  { path: ['n'], type: 'double', required: true },
];
/** One more that the quick scan only locates: records are gone through one by one. */
const withTime: readonly Field[] = [
  ...fields,
  { path: ['at'], type: 'timestamp', required: false },
];

/** The record of a known shape with JSON texts as they stand between quotes. */
const plain = ([a, b, c]: readonly string[]): string =>
  `{"a":"${a ?? ''}","n":1,"b":"${b ?? ''}","d":"x","c":"${c ?? ''}"}`;

/** What has a number when it stands in a record of a known shape. */
const hasNumber = (written: string): boolean =>
  !/["\\\u0000-\u001f]/.test(written) && utf8.encode(written).length <= 32;

/** Reads batches of records by one scan, and tells each row's code and numbers. */
class Reader {
  readonly scan: Scan;
  #columns: ScanColumns;

  constructor(of: readonly Field[] = fields) {
    this.scan = compileScan({ fields: of, validate: 'read' });
    this.#columns = openColumns(of, 1);
  }

  /** Reads on into columns of their own. */
  renew(): void {
    this.#columns = openColumns(this.scan.projection.fields, 1);
  }

  read(batch: readonly (string | null)[]): { code: number; numbers: readonly number[] }[] {
    const columns = this.#columns;
    const { bytes, records } = laidOut(
      batch.map((one) => (one === null ? null : utf8.encode(one))),
    );
    const codes = new Float64Array(batch.length);
    this.scan.open(bytes, columns);
    this.scan.readAll(records, codes);
    return batch.map((_, row) => ({
      code: codes[row] as number,
      numbers: NAMES.map((__, field) => columns.numbers[field]?.[row] as number),
    }));
  }
}

/** Texts as they stand in JSON; of up to 40 bytes, most of them like others but for one byte. */
const written: fc.Arbitrary<string> = fc.oneof(
  fc
    .record({
      length: fc.nat(40),
      at: fc.nat(39),
      byte: fc.constantFrom('x', 'y', 'é', String.raw`\u0078`, String.raw`\n`, '\u0000', ' '),
    })
    .map(({ length, at, byte }) => {
      const same = 'x'.repeat(length);
      return at < length ? `${same.slice(0, at)}${byte}${same.slice(at + 1)}` : same;
    }),
  fc.nat(5000).map((n) => `City ${String(n)}`),
  fc.nat(5000).map((n) => `2024-03-28 10:${String(n).padStart(4, '0')}, Paris`),
  fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((one) => JSON.stringify(one.toWellFormed()).slice(1, -1)),
  fc.constantFrom('', 'a', 'N\u00eemes', '日本語', '𝄞', String.raw`\ud834\udd1e`, 'null'),
);

/** A record by its texts. `fresh` is a number no record before had. */
type Kind = 'plain' | 'null' | 'missing' | 'fresh' | 'spaced' | 'broken' | 'badTime' | 'none';
const kinds: readonly (readonly [Kind, number])[] = [
  ['plain', 20],
  ['null', 3],
  ['missing', 3],
  ['fresh', 1],
  ['spaced', 1],
  ['broken', 2],
  ['badTime', 1],
  ['none', 1],
];

function recordOf(kind: Kind, texts: readonly string[], fresh: number): string | null {
  const [a = '', b = '', c = ''] = texts;
  const record = plain(texts);
  if (kind === 'null') return `{"a":null,"n":1,"b":"${b}","d":null,"c":"${c}"}`;
  if (kind === 'missing') return `{"n":1,"b":"${b}","d":"x"}`;
  if (kind === 'fresh') return `{"k${String(fresh)}":1,${record.slice(1)}`;
  if (kind === 'spaced') return record.replace(',"n"', `,${' '.repeat(fresh)}"n"`);
  // What was read before it is found to be wrong leaves no number behind.
  if (kind === 'broken') return `{"a":"${a}","n":1,"b":"${b}","d":"x","c":"${c}`;
  if (kind === 'badTime') return `{"a":"${a}","n":1x,"b":"${b}","d":"x","c":"${c}"}`;
  return kind === 'none' ? null : record;
}

const batches = fc.record({
  pool: fc.array(written, { minLength: 1, maxLength: 40 }),
  of: fc.constantFrom(fields, withTime),
  batches: fc.array(
    fc.record({
      renew: fc.boolean(),
      rows: fc.array(
        fc.record({
          kind: fc.oneof(
            ...kinds.map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight })),
          ),
          texts: fc.array(fc.nat(39), { minLength: 3, maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 60 },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

/** Keeps what text a number was seen with, and that it is with no other. */
class Seen {
  readonly #texts = new Map<number, string>();
  /** Numbers that were seen with two texts, or with none. */
  readonly wrong: unknown[] = [];

  add(number: number, of: string | null): void {
    if (number === 0) return;
    const before = this.#texts.get(number) ?? of;
    if (of === null || before !== of) this.wrong.push([number, before, of]);
    else this.#texts.set(number, of);
  }

  get size(): number {
    return this.#texts.size;
  }
}

describe('numbers of texts', () => {
  it('are the same for no two texts, and 0 for whatever is not read quickly, null or long', () => {
    let told = 0;
    fc.assert(
      fc.property(batches, ({ pool, of, batches: all }) => {
        const reader = new Reader(of);
        const seen = new Seen();
        const shape = plain(['a', 'b', 'c']);
        // Shapes are known before.
        reader.read([shape, `{"a":null,${shape.slice(9)}`, '{"n":1,"b":"b","d":"x"}']);
        /** The text that was numbered last, where nothing else may have been since. */
        let last: { text: string; number: number } | null = null;
        let fresh = 1;
        for (const { renew, rows } of all) {
          if (renew) reader.renew();
          const texts = rows.map((row) => row.texts.map((at) => pool[at % pool.length] as string));
          const batch = rows.map(({ kind }, i) =>
            recordOf(kind, texts[i] as readonly string[], ++fresh),
          );
          reader.read(batch).forEach(({ code, numbers }, i) => {
            const record = batch[i] ?? null;
            const cells =
              record === null
                ? null
                : expectedRow(utf8.encode(record), reader.scan.projection)?.slice(0, 3);
            expect(code === 0).toBe(cells !== null && cells !== undefined);
            const { kind } = rows[i] as (typeof rows)[number];
            numbers.forEach((number, field) => {
              const cell = (cells?.[field] ?? null) as string | null;
              seen.add(number, cell);
              if (cell === null || utf8.encode(cell).length > 32) expect(number).toBe(0);
            });
            if (code !== 0 || kind === 'fresh' || kind === 'spaced') {
              expect(numbers).toEqual([0, 0, 0]);
            }
            const own = texts[i] as readonly string[];
            if (kind !== 'plain' || !own.every(hasNumber)) {
              last = null;
              return;
            }
            numbers.forEach((number, field) => {
              expect(number).toBeGreaterThan(0);
              if (last?.text === own[field]) {
                told++;
                expect(number).toBe(last?.number);
              }
              last = { text: own[field] as string, number };
            });
          });
        }
        expect(seen.wrong).toEqual([]);
      }),
      { numRuns: cases({ share: 60, all: 2000 }) },
    );
    // Where no text ever came again nothing would have been shown.
    expect(told).toBeGreaterThan(50);
  });

  it('tell texts apart that differ in any one byte', () => {
    const same = 'abcdefghijklmnopqrstuvwxyz012345';
    for (let length = 0; length <= 32; length++) {
      const reader = new Reader();
      const seen = new Seen();
      reader.read([plain([])]);
      const one = same.slice(0, length);
      const others = Array.from({ length }, (_, at) =>
        ['A', '\u007f', ' '].map((byte) => `${one.slice(0, at)}${byte}${one.slice(at + 1)}`),
      ).flat();
      for (const other of [one, ...others]) {
        const [row] = reader.read([plain([one, other, one])]);
        row?.numbers.forEach((number, field) => {
          seen.add(number, field === 1 ? other : one);
          expect(number).toBeGreaterThan(0);
        });
      }
      expect(seen.wrong).toEqual([]);
      expect(seen.size).toBeGreaterThan(others.length);
    }
  });

  it('are never those of another text when there are many more texts than numbers at a time', () => {
    const reader = new Reader();
    const seen = new Seen();
    reader.read([plain([])]);
    const withNumber = [0, 0, 0];
    for (let first = 0; first < 100_000; first += 2500) {
      const texts = Array.from({ length: 2500 }, (_, i) => [
        `City ${String(first + i)}`,
        `2024-03-28 ${String((i * 7919) % 9000)}`,
        `often ${String(i % 5)}`,
      ]);
      const rows = reader.read(texts.map(plain));
      for (const field of [0, 1, 2]) {
        (withNumber[field] as number) += rows.filter(({ numbers }) => numbers[field] !== 0).length;
      }
      rows.forEach(({ numbers }, i) => {
        numbers.forEach((number, field) => {
          seen.add(number, texts[i]?.[field] as string);
        });
      });
    }
    expect(seen.wrong).toEqual([]);
    // Of a thousand that are asked about most are new; then 32,768 are not asked about.
    const trials = Math.ceil(100_000 / (1024 + 32_768)) * 1024;
    expect(withNumber).toEqual([trials, trials, 100_000]);
    expect(seen.size).toBeGreaterThan(5000);
  });

  it('are given again to a field whose texts come back at last', () => {
    const reader = new Reader();
    reader.read([plain([])]);
    const read = (count: number, text: (i: number) => string): number => {
      const texts = Array.from({ length: count }, (_, i) => [text(i), 'b', 'c']);
      return reader.read(texts.map(plain)).filter(({ numbers: [a] }) => a !== 0).length;
    };
    expect(read(5000, (i) => `new ${String(i)}`)).toBe(1024);
    expect(read(40_000, (i) => `old ${String(i % 3)}`)).toBe(40_000 - 32_768 + 5000 - 1024);
    expect(read(5000, (i) => `old ${String(i % 3)}`)).toBe(5000);
  });

  it('are lost to a text that comes to the same slot: those that other tests take to be such', () => {
    const reader = new Reader();
    reader.read([plain([])]);
    const pairs = [
      ['a', 'c84'],
      ['2024-03-28 10:00:00', '2024-03-28 00:17:16'],
      ['2024-03-28 10:03:00', '2024-03-28 08:51:00'],
    ];
    for (const [one = '', other = ''] of pairs) {
      const [row] = reader.read([plain([one, other, one])]);
      expect(new Set(row?.numbers).size).toBe(3);
    }
  });

  it('come back with texts that come back, in any field and batch', () => {
    const reader = new Reader();
    reader.read([plain([])]);
    const of = new Map<string, Set<number>>();
    for (let batch = 0; batch < 10; batch++) {
      if (batch % 3 === 0) reader.renew();
      const texts = Array.from({ length: 100 }, (_, i) =>
        [i, i + batch, 3 * i].map((n) => `text ${String(n % 12)}`),
      );
      reader.read(texts.map(plain)).forEach(({ numbers }, i) => {
        numbers.forEach((number, field) => {
          const one = texts[i]?.[field] as string;
          of.set(one, (of.get(one) ?? new Set()).add(number));
        });
      });
    }
    // Of twelve texts it may be that two share a slot, but not that many do.
    const steady = [...of.values()].filter(({ size }) => size === 1);
    expect(of.size).toBe(12);
    expect(steady.length).toBeGreaterThan(8);
  });

  it('are of numbered fields only, and not of a column that lies partly elsewhere', () => {
    const reader = new Reader();
    const columns = openColumns(fields);
    const numbersOf = (record: string): (readonly number[] | null)[] => {
      const { bytes, records } = laidOut([
        utf8.encode(plain(['x', 'y', 'z'])),
        utf8.encode(record),
      ]);
      reader.scan.open(bytes, columns);
      reader.scan.readAll(records, new Float64Array(2));
      return [0, 1, 2, 3].map((field) => {
        const vector = vectorOf(columns, field, 2);
        return vector.kind === 'bytes' && vector.numbers ? [...vector.numbers] : null;
      });
    };
    numbersOf(plain([]));
    const [a, b, c, d] = numbersOf(plain(['x', 'y', 'z']));
    for (const numbers of [a, b, c]) expect(numbers?.[0]).toBe(numbers?.[1]);
    expect(new Set([a, b, c].map((numbers) => numbers?.[0])).size).toBe(3);
    expect(d).toBeNull();
    expect(numbersOf(plain(['x', String.raw`y\n`, 'z'])).map((each) => each !== null)).toEqual([
      ...[true, false, true, false],
    ]);
  });
});
