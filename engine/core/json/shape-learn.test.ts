import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cases } from '../../fuzz.fixture.ts';
import { Locator } from './locate.ts';
import { openPaths } from './projection.ts';
import { laidOut } from './scan.fixture.ts';
import { ShapeLearner } from './shape-learn.ts';
import { ShapeMatcher } from './shape-match.ts';
import { CHILD, ShapeNodes, TARGET } from './shape-nodes.ts';
import { Validator } from './validate.ts';

const utf8 = new TextEncoder();

/** A learner of records with the fields `city` and `main.temp`. */
function open() {
  const tree = new ShapeNodes();
  const locator = new Locator(
    openPaths([
      { path: ['city'], type: 'string', required: false },
      { path: ['main', 'temp'], type: 'double', required: false },
    ]),
    2,
  );
  const matcher = new ShapeMatcher(tree, locator.places, null);
  const learner = new ShapeLearner(tree, locator, new Validator());
  const take = (record: string): Uint8Array => {
    const bytes = utf8.encode(record);
    const view = new DataView(bytes.buffer);
    tree.open(view);
    matcher.open(bytes, view);
    learner.open(bytes);
    return bytes;
  };
  /** Whether the record has a known shape; if not it is learned from. */
  const knows = (record: string): boolean => {
    const bytes = take(record);
    const isKnown = learner.isActive && matcher.match(0, bytes.length);
    if (isKnown) {
      learner.hit(0, bytes.length);
    } else {
      expect(locator.locate(bytes, 0, bytes.length)).toBe(0);
      learner.missed(0, bytes.length);
    }
    return isKnown;
  };
  const found = (record: string): string[] => {
    const { start, end } = locator.places;
    return Array.from(start, (at, f) => (at < 0 ? '' : record.slice(at, end[f])));
  };
  /** Whether a jump leads from the root. */
  const jumps = (): boolean => {
    const first = tree.nodes[CHILD] ?? 0;
    return first !== 0 && tree.nodes[first + TARGET] !== first;
  };
  /**
   * Reads a table of records: which of them have known shapes, as far as the tree knows before any is
   * taken note of. Those in a row are noted at once, or one by one.
   */
  const knowsAll = (records: readonly string[], atOnce: boolean) => {
    const { bytes, records: table } = laidOut(records.map((record) => utf8.encode(record)));
    const view = new DataView(bytes.buffer);
    tree.open(view);
    matcher.open(bytes, view);
    learner.open(bytes);
    const placeOf = (row: number): [number, number] => [
      table.valueStart[row] as number,
      table.valueEnd[row] as number,
    ];
    const located = vi.spyOn(locator, 'locate');
    const isKnown = records.map((_, row) => learner.isActive && matcher.match(...placeOf(row)));
    for (let row = 0; row < records.length;) {
      const next = isKnown.indexOf(false, row);
      const count = (next < 0 ? records.length : next) - row;
      if (count === 0) {
        expect(locator.locate(bytes, ...placeOf(row))).toBe(0);
        learner.missed(...placeOf(row++));
        continue;
      }
      if (atOnce) learner.hitAll(table, row, count);
      else for (let i = row; i < row + count; i++) learner.hit(...placeOf(i));
      row += count;
    }
    // Records that were missed, and those that were looked at.
    const looks = located.mock.calls.map(([, from, to]) => [from, to]);
    located.mockRestore();
    return { isKnown, looks };
  };
  return { knows, knowsAll, found, jumps, learner, nodes: tree.nodes };
}

/**
 * Has two learners read tables, one of which notes records at once, the other singly: they must be the
 * same after each. What is known after each table.
 */
function learnAlike(tables: readonly (readonly string[])[]) {
  const singly = open();
  const atOnce = open();
  return tables.map((table) => {
    const { isKnown, looks } = atOnce.knowsAll(table, true);
    expect({ isKnown, looks }).toEqual(singly.knowsAll(table, false));
    expect(Buffer.compare(bytesOf(atOnce.nodes), bytesOf(singly.nodes))).toBe(0);
    expect(atOnce.learner.isActive).toBe(singly.learner.isActive);
    return { isKnown, looks: looks.length, jumps: singly.jumps() };
  });
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

describe('ShapeLearner', () => {
  it('takes lists as one slot when most records have lists of other lengths', () => {
    const { knows } = open();
    const record = (n: number): string =>
      `{"city":"Metz","list":[${Array.from({ length: n % 200 }, () => n).join()}]}`;
    const isKnown = Array.from({ length: 2000 }, (_, n) => knows(record(n * 7)));
    expect(isKnown.slice(1000).every(Boolean)).toBe(true);
    expect(isKnown.slice(0, 400).filter(Boolean).length).toBeLessThan(200);
  });

  it('knows a shape after one record, whatever the values', () => {
    const { knows, found } = open();
    expect(knows('{"city":"Metz","a":[1,"x"],"main":{"temp":1.5}}')).toBe(false);
    const record = '{"city":"Paris (75)","a":[-22e3,""],"main":{"temp":12}}';
    expect(knows(record)).toBe(true);
    expect(found(record)).toEqual(['"Paris (75)"', '12']);
  });

  it('knows a shape no more when a key, the order or the kind of a value changes', () => {
    const { knows } = open();
    expect(knows('{"city":"Metz","a":1}')).toBe(false);
    expect(knows('{"city":"Metz","b":1}')).toBe(false);
    expect(knows('{"a":1,"city":"Metz"}')).toBe(false);
    expect(knows('{"city":"Metz","a":"1"}')).toBe(false);
    expect(knows('{"city":"Metz", "a":1}')).toBe(false);
    expect(knows('{"city":"Metz","a":1}')).toBe(true);
    expect(knows('{"a":1,"city":"Metz"}')).toBe(true);
  });

  it('takes null in place of an object as null only', () => {
    const { knows } = open();
    expect(knows('{"main":null,"a":null}')).toBe(false);
    expect(knows('{"main":null,"a":true}')).toBe(true);
    expect(() => knows('{"main":true,"a":null}')).toThrow();
  });

  it('does not learn from records that are not valid JSON through and through', () => {
    const { knows } = open();
    expect(knows('{"a":[1,,2]}')).toBe(false);
    expect(knows('{"a":[1,,2]}')).toBe(false);
  });

  it('jumps over values that stay the same, and no more when they change', () => {
    const { knows, jumps, found } = open();
    const record = (base: string, n: number): string =>
      `{"base":"${base}","v":[1,2],"city":"C${String(n)}","cod":200,"main":{"temp":${String(n)}}}`;
    for (let n = 0; n < 300; n++) knows(record('stations', n));
    expect(jumps()).toBe(true);
    expect(knows(record('stations', 7))).toBe(true);
    expect(found(record('stations', 7))).toEqual(['"C7"', '7']);
    expect(knows(record('buoys', 8))).toBe(true);
    expect(found(record('buoys', 8))).toEqual(['"C8"', '8']);
    for (let n = 0; n < 10_000; n++) knows(record(`b${String(n)}`, n));
    expect(jumps()).toBe(false);
  });

  it('does not jump over a place where shapes part', () => {
    const { knows, jumps } = open();
    for (let n = 0; n < 400; n++)
      knows(n % 2 === 0 ? '{"a":1,"b":2,"city":"x"}' : '{"a":1,"c":2,"city":"x"}');
    expect(jumps()).toBe(false);
    expect(knows('{"a":1,"b":2,"city":"x"}')).toBe(true);
    expect(knows('{"a":1,"c":2,"city":"x"}')).toBe(true);
  });

  it('takes arrays, then objects, as one where they vary too much', () => {
    const arrays = open();
    const list = (n: number): string =>
      `{"a":[${Array.from({ length: 16 }, (_, i) => ((n >> i) & 1 ? '"x"' : '0')).join()}],"city":"x"}`;
    for (let n = 0; n < 60_000; n++) arrays.knows(list(n));
    expect(arrays.knows('{"a":[{"x":[]},2],"city":"x"}')).toBe(true);

    const objects = open();
    for (let n = 0; n < 60_000; n++) objects.knows(`{"a":{"k${String(n)}":1},"city":"x"}`);
    expect(objects.knows('{"a":{"new":{}},"city":"x"}')).toBe(true);
  });

  it('never takes an object that may hold fields as one, though it holds none', () => {
    const { knows, found } = open();
    for (let n = 0; n < 3000; n++) {
      knows(`{"main":{"k${String(n)}":1},"a":{"k${String(n)}":1}}`);
      knows('{}');
    }
    const records = [
      '{"main":{"temp":3},"a":{"k0":1}}',
      '{"city":"Metz"}',
      '{"a":{},"city":"Metz"}',
    ];
    const places = records.map((record) => {
      knows(record);
      return found(record);
    });
    expect(places).toEqual([
      ['', '3'],
      ['"Metz"', ''],
      ['"Metz"', ''],
    ]);
  });

  it('rests where no shape recurs, and tries again', () => {
    const { knows, learner } = open();
    let n = 0;
    const odd = (): string => `{"k${String(n++)}":1,"city":"x"}`;
    while (learner.isActive && n < 200_000) knows(odd());
    expect(learner.isActive).toBe(false);
    while (!learner.isActive && n < 400_000) knows(odd());
    expect(learner.isActive).toBe(true);
  });

  describe('that notes many records at once', () => {
    const kinds: readonly ((n: number) => string)[] = [
      (n) => `{"base":"stations","city":"C${String(n)}","cod":200,"main":{"temp":${String(n)}}}`,
      (n) => `{"base":"b${String(n % 3)}","city":"x","cod":${String(n >> 4)},"main":null}`,
      (n) => `{"city":"x","a":1,"s${String(n % 5)}":"same"}`,
      (n) => `{"k${String(n)}":1,"city":"x"}`,
      (n) => `{"list":[${Array.from({ length: n % 90 }, () => n).join()}],"city":"x"}`,
      (n) => `{"f${'x'.repeat(900)}${String(n % 80)}":"same","more":"same","city":"x"}`,
    ];
    const rows = (kind: number, from: number, count: number): string[] =>
      Array.from({ length: count }, (_, n) => kinds[kind]?.(from + n) ?? '');

    it('does as if it had noted each of them by itself', () => {
      const parts = fc.array(
        fc.array(
          fc.tuple(
            fc.oneof(
              { arbitrary: fc.nat(2), weight: 8 },
              { arbitrary: fc.nat(kinds.length - 1), weight: 1 },
            ),
            fc.nat(3000),
            fc.oneof(fc.nat(40), fc.nat(600)),
          ),
          { minLength: 1, maxLength: 3 },
        ),
        { minLength: 1, maxLength: 8 },
      );
      const shapes = kinds.map((_, kind) => rows(kind, 0, 1));
      let several = 0;
      fc.assert(
        fc.property(parts, (tables) => {
          const after = learnAlike([
            ...shapes,
            ...tables.map((table) => table.flatMap((one) => rows(...one))),
          ]);
          several += after.filter(
            ({ isKnown, looks }) => looks > isKnown.filter((each) => !each).length + 1,
          ).length;
        }),
        { numRuns: cases({ share: 20, all: 500 }) },
      );
      expect(several).toBeGreaterThan(5);
    });

    it('has its looks in the midst of a table, several of them in one', () => {
      const tables = Array.from({ length: 12 }, (_, n) => rows(0, n * 700, 700));
      const after = learnAlike([rows(0, 0, 1), ...tables]);
      expect(after.map(({ jumps }) => jumps)).toEqual([false, ...tables.map(() => true)]);
    });

    it('starts anew in the midst of a table when a look finds the tree full', () => {
      // Fifteen literals of 4300 bytes: there is no room for one more, which a jump would need.
      const shapes = Array.from(
        { length: 15 },
        (_, n) => `{"${String(n)}${'x'.repeat(4300)}":"same","more":"same","city":"x"}`,
      );
      const steady = Array.from({ length: 500 }, () => shapes.at(-1) ?? '');
      const first = shapes.slice(0, 1);
      const after = learnAlike([...shapes.map((shape) => [shape]), first, steady, first, steady]);
      expect(after.slice(shapes.length).map(({ isKnown }) => isKnown.every(Boolean))).toEqual([
        ...[true, true, false, true],
      ]);
      expect(after.at(-1)?.jumps).toBe(true);
    });
  });
});
