import { describe, expect, it } from 'vitest';
import { cellText, openColumns } from './columns.ts';
import type { Field } from './projection.ts';
import { compileScan } from './scan.ts';
import type { Scan } from './scan.ts';
import { rowFrom } from './scan.fixture.ts';

const field = (path: string, type: Field['type'] = 'double', required = false): Field => ({
  path: path.split('.'),
  type,
  required,
});

const utf8 = new TextEncoder();

/** The row of one record, or the words it is refused with. */
function read(
  record: string | Uint8Array,
  fields: readonly Field[],
  validate: 'read' | 'full' = 'read',
): unknown {
  const scan = compileScan({ fields, validate });
  const columns = openColumns(fields, 1);
  const bytes = typeof record === 'string' ? utf8.encode(record) : record;
  scan.open(bytes, columns);
  const code = scan.read(0, bytes.length, 0);
  return code === 0 ? rowFrom(columns, 0) : scan.reasonText(code);
}

const one = (value: string, type: Field['type'], required = false): unknown => {
  const row = read(`{"x":${value}}`, [field('x', type, required)]);
  return Array.isArray(row) ? row[0] : row;
};

describe('values', () => {
  it('reads each type from its own kind of JSON value', () => {
    expect(one('true', 'bool')).toBe(1);
    expect(one('false', 'bool')).toBe(0);
    expect(one('-2147483648', 'int')).toBe(-2147483648);
    expect(one('9007199254740991', 'long')).toBe(9007199254740991);
    expect(one('9.91', 'float')).toBe(Math.fround(9.91));
    expect(one('9.91', 'double')).toBe(9.91);
    expect(one('"Brest"', 'string')).toBe('Brest');
    expect(one('1711668019000', 'timestamp')).toBe(1711668019000);
    expect(one('"2024-03-28T23:20:19Z"', 'timestamp')).toBe(1711668019000);
    expect(one('"2024-03-28T23:20:19.123999+02:00"', 'timestamp')).toBe(1711660819123);
    expect(one('"2024-03-28\\u0054\\u0032\\u0033:20:19Z"', 'timestamp')).toBe(1711668019000);
  });

  it('takes whole numbers however they are written, and keeps minus zero', () => {
    expect(one('1.0', 'int')).toBe(1);
    expect(one('1e3', 'long')).toBe(1000);
    expect(one('-0', 'int')).toBe(-0);
    expect(one('-0.0', 'double')).toBe(-0);
  });

  it('never turns one type into another', () => {
    expect(one('"9.91"', 'double')).toBe('field x: expected double, found string');
    expect(one('1', 'bool')).toBe('field x: expected bool, found number');
    expect(one('1', 'string')).toBe('field x: expected string, found number');
    expect(one('true', 'int')).toBe('field x: expected int, found bool');
    expect(one('truex', 'bool')).toBe('not JSON: unexpected t at byte 5');
    expect(one('fals', 'bool')).toBe('not JSON: unexpected f at byte 5');
    expect(one('[1]', 'double')).toBe('field x: expected double, found an array');
    expect(one('{"x":1}', 'string')).toBe('field x: expected string, found an object');
    expect(one('1.5', 'int')).toBe('field x: expected int, found a fraction');
    expect(one('1.5', 'timestamp')).toBe('field x: expected timestamp, found a fraction');
    expect(one('"yesterday"', 'timestamp')).toBe(
      'field x: expected timestamp, found text that is not like 2024-03-28T23:20:19Z',
    );
  });

  it('refuses numbers that the type cannot hold', () => {
    expect(one('2147483648', 'int')).toBe('field x: out of the range of int');
    expect(one('9007199254740993', 'long')).toBe('field x: out of the exact range of long');
    expect(one('1e39', 'float')).toBe('field x: out of the range of float');
    expect(one('1e309', 'double')).toBe('field x: out of the range of double');
    expect(one('8640000000000001', 'timestamp')).toBe('field x: out of the range of timestamp');
  });

  it('reads null and absent fields as null, or misses them where they are required', () => {
    expect(one('null', 'double')).toBe(null);
    expect(one('null', 'string')).toBe(null);
    expect(read('{}', [field('x', 'string')])).toEqual([null]);
    expect(one('null', 'double', true)).toBe('missing required field x');
    expect(read('{"y":1}', [field('city', 'string', true)])).toBe('missing required field city');
  });

  it('decodes escapes, also of surrogates that stand alone', () => {
    expect(one(String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, 'string')).toBe(
      '"\\/\b\f\n\r\té😀',
    );
    expect(one(String.raw`"\ud800x\udc00\ud800\ud83d\ude00"`, 'string')).toBe('�x��😀');
    expect(one('"\u{feff}Nîmes"', 'string')).toBe('\u{feff}Nîmes');
  });

  it('refuses text that is not valid where it is read', () => {
    expect(one('"a\tb"', 'string')).toBe('not JSON: unexpected byte 0x09 at byte 7');
    expect(one('"\\x"', 'string')).toBe('not JSON: unexpected x at byte 7');
    const overlong = Uint8Array.from([...utf8.encode('{"x":"'), 0xc0, 0x80, 0x22, 0x7d]);
    expect(read(overlong, [field('x', 'string')])).toBe('not JSON: unexpected byte 0xc0 at byte 6');
    expect(read(overlong, [field('y', 'string')])).toEqual([null]);
    expect(read(overlong, [field('y', 'string')], 'full')).toMatch('unexpected byte 0xc0');
  });
});

describe('objects', () => {
  it('walks nested paths', () => {
    const fields = [field('main.temp'), field('main.sky.clouds', 'int'), field('dt', 'long')];
    const record = '{"main":{"temp":1.5,"sky":{"clouds":3},"x":[{"temp":9}]},"temp":7,"dt":4}';
    expect(read(record, fields)).toEqual([1.5, 3, 4]);
  });

  it('reads null through a null object, and refuses anything else in its place', () => {
    expect(read('{"main":null}', [field('main.temp')])).toEqual([null]);
    expect(read('{"main":5}', [field('main.temp')])).toBe(
      'field main.temp: expected an object at main, found number',
    );
    expect(read('{"a":{"b":[]}}', [field('a.b.c')])).toBe(
      'field a.b.c: expected an object at a.b, found an array',
    );
  });

  it('lets the last of equal keys win, as a whole', () => {
    expect(read('{"x":"no","x":1}', [field('x')])).toEqual([1]);
    expect(read('{"m":{"x":1},"m":{"y":2}}', [field('m.x'), field('m.y')])).toEqual([null, 2]);
    expect(read('{"m":5,"m":{"x":2}}', [field('m.x')])).toEqual([2]);
    expect(read('{"m":{"x":1},"m":null}', [field('m.x')])).toEqual([null]);
    expect(read('{"m":{"x":1},"m":[]}', [field('m.x')])).toMatch('expected an object at m');
  });

  it('knows keys by their escapes, and treats __proto__ as data', () => {
    expect(read(String.raw`{"\u0063ity":"Metz"}`, [field('city', 'string')])).toEqual(['Metz']);
    expect(read('{"__proto__":{"x":1}}', [field('__proto__.x')])).toEqual([1]);
    expect(read(String.raw`{"a\tb":1}`, [field('a\tb')])).toEqual([1]);
    expect(read('{"a\tb":1}', [field('a\tb')])).toEqual([null]);
    expect(read(String.raw`{"\ud800":1}`, [field('\u{fffd}')])).toEqual([null]);
  });

  it('refuses paths that exclude each other when it is compiled', () => {
    const compile = (...paths: string[]) =>
      compileScan({ fields: paths.map((p) => field(p)), validate: 'read' });
    expect(() => compile('a', 'a.b')).toThrow('a is declared twice or holds a field');
    expect(() => compile('a.b', 'a')).toThrow('a is declared twice or holds a field');
    expect(() => compile('a.b', 'a.b')).toThrow('a.b is declared twice');
    expect(() => compile('a.b', 'a.c')).not.toThrow();
  });
});

describe('structure', () => {
  const broken: [string, string][] = [
    ['', 'not JSON: unexpected end at byte 0'],
    ['{"x":1', 'not JSON: unexpected end at byte 6'],
    ['{"x":1,"y":"abc', 'not JSON: unexpected end at byte 15'],
    ['{"x":1,"y":[{"z":2}}', 'not JSON: unexpected } at byte 19'],
    ['{"x":1,"y":{"z":2]}', 'not JSON: unexpected ] at byte 17'],
    ['{"x":1}}', 'not JSON: unexpected } at byte 7'],
    ['{"x":1}{', 'not JSON: unexpected { at byte 7'],
    ['{"x":1 "y":2}', 'not JSON: unexpected " at byte 7'],
    ['{"x" 1}', 'not JSON: unexpected 1 at byte 5'],
    ['{"x":1,}', 'not JSON: unexpected } at byte 7'],
    ['{"y":}', 'not JSON: unexpected } at byte 5'],
    ['{"y":1"z"}', 'not JSON: unexpected " at byte 6'],
    ['{"x":12a}', 'not JSON: unexpected a at byte 7'],
    ['{"x":01}', 'not JSON: unexpected 1 at byte 6'],
    ['{"x":nulx}', 'not JSON: unexpected n at byte 5'],
    ['\u{feff}{"x":1}', 'not JSON: it starts with a byte order mark'],
    ['[1]', 'not a JSON object: found an array'],
    ['null', 'not a JSON object: found null'],
  ];
  it.each(broken)('refuses %j', (record, words) => {
    expect(read(record, [field('x')])).toBe(words);
    expect(typeof read(record, [field('x')], 'full')).toBe('string');
  });

  it('looks into values nobody reads only where it is told to', () => {
    for (const record of ['{"x":1,"y":tru}', '{"x":1,"y":[1,,2]}', '{"x":1,"y":"\t"}']) {
      expect(read(record, [field('x')])).toEqual([1]);
      expect(read(record, [field('x')], 'full')).toMatch('not JSON: unexpected');
    }
  });

  it('takes any nesting', () => {
    const deep = `{"y":${'[{"z":'.repeat(5000)}1${'}]'.repeat(5000)},"x":1}`;
    expect(read(deep, [field('x')])).toEqual([1]);
    expect(read(deep, [field('x')], 'full')).toEqual([1]);
    expect(read(deep.replace('1}', '1]'), [field('x')])).toMatch('not JSON');
  });
});

describe('many records', () => {
  const fields = [field('city', 'string', true), field('main.temp', 'double')];

  function readAll(scan: Scan, records: readonly string[]): unknown[] {
    const columns = openColumns(fields, 1);
    const parts = records.map((record) => utf8.encode(record));
    scan.open(Buffer.concat(parts), columns);
    const ends = new Int32Array(parts.length);
    parts.forEach(({ length }, i) => (ends[i] = (ends[i - 1] ?? 0) + length));
    const starts = ends.map((end, i) => end - (parts[i]?.length ?? 0));
    const rows: unknown[] = [];
    // The first ones by themselves, as nothing is known then.
    for (let first = 0, last = 2; first < parts.length; first = last, last = first + 100) {
      const valueStart = starts.subarray(first, last);
      const valueEnd = ends.subarray(first, last);
      const codes = new Float64Array(valueEnd.length);
      scan.readAll({ length: valueEnd.length, valueStart, valueEnd }, codes);
      codes.forEach((code, row) =>
        rows.push(code === 0 ? rowFrom(columns, row) : scan.reasonText(code)),
      );
    }
    return rows;
  }

  const alike = (n: number, more = ''): string =>
    `{"city":"C${String(n)}","base":"stations","main":{"temp":${String(n / 4)}}${more}}\n`;

  it('gives the same rows whether a shape is new, known or has jumps', () => {
    const records = Array.from({ length: 2000 }, (_, n) => alike(n));
    const rows = readAll(compileScan({ fields, validate: 'read' }), records);
    expect(rows).toEqual(records.map((_, n) => [`C${String(n)}`, n / 4]));
  });

  it('sees a change in what had long been the same', () => {
    const records = Array.from({ length: 2000 }, (_, n) => alike(n));
    records.push(alike(1).replace('stations', 'buoys'), alike(2).replace('"stations"', 'null'));
    records.push(alike(3).replace('"stations"', 'tru]'), alike(4).replace('stations"', 'stations'));
    const rows = readAll(compileScan({ fields, validate: 'read' }), records).slice(2000);
    expect(rows.slice(0, 2)).toEqual([
      ['C1', 0.25],
      ['C2', 0.5],
    ]);
    expect(rows.slice(2)).toEqual([
      'not JSON: unexpected ] at byte 23',
      'not JSON: unexpected m at byte 31',
    ]);
  });

  it('refuses bytes after the end of a record whose shape it knows', () => {
    const records = [
      '{"city":"a"}',
      '{"city":"b"}',
      '{"city":"c"}}',
      '{"city":"d"}0',
      '{"city":"e"} ',
    ];
    expect(readAll(compileScan({ fields, validate: 'read' }), records)).toEqual([
      ['a', null],
      ['b', null],
      'not JSON: unexpected } at byte 12',
      'not JSON: unexpected 0 at byte 12',
      ['e', null],
    ]);
  });

  it('tells a key that comes twice from one that comes once', () => {
    const twice = '{"city":"a","city":"b"}';
    const once = '{"city":"c"}';
    const rows = readAll(compileScan({ fields, validate: 'read' }), [
      twice,
      once,
      once,
      twice,
      once,
    ]);
    expect(rows.map((row) => (row as unknown[])[0])).toEqual(['b', 'c', 'c', 'b', 'c']);
  });

  it('goes on in all modes when no shape recurs', () => {
    const records = Array.from({ length: 3000 }, (_, n) =>
      alike(n, `,"k${String(n)}":{"a":[${String(n)}]}`),
    );
    const rows = readAll(compileScan({ fields, validate: 'full' }), records);
    expect(rows).toEqual(records.map((_, n) => [`C${String(n)}`, n / 4]));
  });

  it('leaves nothing of a refused record behind', () => {
    const scan = compileScan({ fields, validate: 'read' });
    const rows = readAll(scan, [
      String.raw`{"city":"a\n1","main":{"temp":"no"}}`,
      String.raw`{"city":"b\n2"}`,
      '{"main":{"temp":4}}',
      '{"city":"c"}',
    ]);
    expect(rows).toEqual([
      'field main.temp: expected double, found string',
      ['b\n2', null],
      'missing required field city',
      ['c', null],
    ]);
  });

  it('has a code that tells broken JSON from a record that does not fit', () => {
    const scan = compileScan({ fields, validate: 'read' });
    const bytes = utf8.encode('{"city":1}[');
    scan.open(bytes, openColumns(fields));
    expect(scan.letterOf(scan.read(0, 10, 0))).toBe('SCHEMA');
    expect(scan.letterOf(scan.read(10, 11, 0))).toBe('DECODE');
    expect(scan.letterOf(scan.read(0, 9, 0))).toBe('DECODE');
  });

  it('starts each batch with an empty heap', () => {
    const scan = compileScan({ fields, validate: 'read' });
    const columns = openColumns(fields);
    for (const city of ['x\\ny', '\\u00e9']) {
      const bytes = utf8.encode(`{"city":"${city}"}`);
      scan.open(bytes, columns);
      expect(scan.read(0, bytes.length, 0)).toBe(0);
    }
    expect(columns.heapBytes).toBe(2);
    expect(cellText(columns, 0, 0)).toBe('é');
  });
});
