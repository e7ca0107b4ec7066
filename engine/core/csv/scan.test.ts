import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOf, type Cell, type ColumnType } from '../batch.ts';
import { openColumns, vectorOf } from '../json/columns.ts';
import { encodeUtf8 } from '../utf8.ts';
import { commonMarks } from './dialect.ts';
import { CsvScan, type CsvFormat } from './scan.ts';

const common: CsvFormat = { ...commonMarks, nullText: null };
const field = (name: string, type: ColumnType, required = false) => ({
  path: name.split('.'),
  ...{ type, required },
});
type Field = ReturnType<typeof field>;

/** What becomes of rows: the cells of the declared columns, or why not. */
function read(
  fields: readonly Field[],
  header: readonly string[],
  rows: readonly (string | Uint8Array)[],
  format = common,
): (Cell[] | string)[] {
  const scan = new CsvScan(fields, format);
  const parts = rows.map((row) => (typeof row === 'string' ? encodeUtf8(row) : row));
  const bytes = new Uint8Array(Buffer.concat(parts));
  const valueEnd = new Int32Array(rows.length);
  const valueStart = new Int32Array(rows.length);
  parts.forEach(({ length }, i) => {
    valueStart[i] = valueEnd[i - 1] ?? 0;
    valueEnd[i] = valueStart[i] + length;
  });
  const columns = openColumns(fields, 1);
  const codes = new Float64Array(rows.length);
  scan.begin(header);
  scan.open(bytes, columns);
  scan.readAll({ length: rows.length, valueStart, valueEnd }, codes);
  const vectors = fields.map((_, i) => vectorOf(columns, i, rows.length));
  return Array.from(codes, (code, row) =>
    code === 0
      ? vectors.map((vector) => cellOf(vector, row))
      : `${scan.letterOf(code)}: ${scan.reasonText(code)}`,
  );
}

/** What becomes of one cell. */
const cell = (type: ColumnType, text: string, format = common): Cell | string | undefined => {
  const [row] = read([field('x', type)], ['x', 'y'], [`${text}${format.delimiter}1`], format);
  return typeof row === 'string' ? row : row?.[0];
};

describe('a row of CSV', () => {
  it('gives the columns that are declared, wherever they stand', () => {
    const fields = [field('t', 'float', true), field('city', 'string')];
    expect(read(fields, ['city', 'lat', 't'], ['Paris,48.8,12.5', 'Brest,48.4,-1'])).toEqual([
      [12.5, 'Paris'],
      [-1, 'Brest'],
    ]);
    expect(read([field('main.temp', 'double')], ['main.temp'], ['1e2'])).toEqual([[100]]);
  });

  it('reads text by the declared type', () => {
    expect(['12', '-0.5', '+7', '.5', '5.', '007', ' 8 ', '"9"', '1E3'].map((text) => cell('double', text))).toEqual([12, -0.5, 7, 0.5, 5, 7, 8, 9, 1000]); // prettier-ignore
    expect(cell('float', '0.1')).toBe(Math.fround(0.1));
    expect(['12', '12.0', '+9007199254740991'].map((text) => cell('long', text))).toEqual([12, 12, 9007199254740991]); // prettier-ignore
    expect(['true', 'FALSE', 't', '0', '"True"'].map((text) => cell('bool', text))).toEqual([1, 0, 1, 0, 1]); // prettier-ignore
    expect(cell('timestamp', '2024-03-28T23:20:19Z')).toBe(Date.UTC(2024, 2, 28, 23, 20, 19));
    expect(cell('timestamp', '1711668019000')).toBe(1711668019000);
    expect(cell('array<double>', '"[1, 2]"')).toBe('[1,2]');
    expect(cell('array<string>', '"[""a"",""b,c""]"')).toBe('["a","b,c"]');
    expect(cell('array<string>', '[""]')).toBe('[""]');
  });

  it('is a letter with the words that JSON has when a value does not fit', () => {
    expect(cell('int', 'warm')).toBe('SCHEMA: field x: expected int, found string');
    expect(cell('int', '1.5')).toBe('SCHEMA: field x: expected int, found a fraction');
    expect(cell('int', '3000000000')).toBe('SCHEMA: field x: out of the range of int');
    expect(cell('double', 'null')).toBe('SCHEMA: field x: expected double, found string');
    expect(cell('array<double>', '"[1],""x"":[2]"')).toContain('SCHEMA: field x: expected array');
    expect(cell('double', '-')).toBe('SCHEMA: field x: expected double, found string');
    expect(cell('bool', 'yes')).toBe('SCHEMA: field x: expected bool, found string');
    expect(cell('timestamp', '2024-03-28 23:20')).toContain('SCHEMA: field x: expected timestamp');
    expect(cell('array<double>', '{}')).toContain('SCHEMA: field x: expected array<double>');
  });

  it('has null where nothing stands, and where the text for it does', () => {
    expect(['', '""', ' '].map((text) => cell('double', text))).toEqual([null, null, null]);
    expect(['', '""', ' '].map((text) => cell('string', text))).toEqual([null, '', ' ']);
    const format = { ...common, nullText: 'NA' };
    expect(['NA', '"NA"', 'NAN'].map((text) => cell('string', text, format))).toEqual([null, 'NA', 'NAN']); // prettier-ignore
    expect([' NA', '"NA"'].map((text) => cell('int', text, format))).toEqual([null, null]);
    expect(read([field('x', 'int', true)], ['x'], ['""'])).toEqual(['SCHEMA: missing required field x']); // prettier-ignore
  });

  it('is a letter when it is as wide as no row of the file, breaks off, or is no text', () => {
    const fields = [field('a', 'string')];
    expect(read(fields, ['a', 'b'], ['1', '1,2', '1,2,3'])).toEqual([
      'DECODE: not a row of this file: it has 1 field, the header 2',
      ['1'],
      'DECODE: not a row of this file: it has 3 fields, the header 2',
    ]);
    const nameless = { ...common, header: false as const };
    expect(read(fields, ['a', 'b'], ['1'], nameless)).toEqual([
      'DECODE: not a row of this file: it has 1 field, the schema 2',
    ]);
    const broken = 'DECODE: not CSV: a quoted field does not end with its quote at byte';
    expect(read(fields, ['a', 'b'], ['"1,2', '"1"2,3'])).toEqual([`${broken} 4`, `${broken} 3`]);
    const bytes = Uint8Array.of(0xff, 0x2c, 0x31);
    expect(read(fields, ['a', 'b'], [bytes])).toEqual(['DECODE: field a: not UTF-8']);
    expect(read([field('a', 'int')], ['a', 'b'], [bytes])).toEqual(['DECODE: field a: not UTF-8']);
  });

  it('is no record when it is empty', () => {
    const scan = new CsvScan([field('a', 'string')], common);
    scan.begin(['a']);
    scan.open(new Uint8Array(0), openColumns([field('a', 'string')]));
    const codes = new Float64Array(1);
    const nothing = { valueStart: Int32Array.of(-1), valueEnd: Int32Array.of(0) };
    scan.readAll({ length: 1, ...nothing }, codes);
    expect(codes[0]).toBe(-1);
  });

  it('gives back any text that was quoted, and any that needs no quotes, with any marks', () => {
    const text = fc.string({ unit: 'binary' });
    const marks = fc
      .tuple(fc.constantFrom(',', ';', '\t', '|'), fc.constantFrom('"', "'"))
      .map(([delimiter, quote]) => ({ delimiter, quote, nullText: null }));
    const tables = fc.array(fc.tuple(...[1, 2, 3].map(() => fc.tuple(text, fc.boolean()))), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(tables, marks, (rows, format) => {
        const { delimiter, quote } = format;
        const needsQuotes = (value: string): boolean =>
          value === '' || [delimiter, quote, '\n', '\r'].some((mark) => value.includes(mark));
        const written = rows.map((row) =>
          row
            .map(([value, isQuoted]) =>
              isQuoted || needsQuotes(value)
                ? `${quote}${value.replaceAll(quote, quote + quote)}${quote}`
                : value,
            )
            .join(delimiter),
        );
        const names = ['a', 'b', 'c'];
        const fields = names.map((name) => field(name, 'string'));
        expect(read(fields, names, written, format)).toEqual(
          rows.map((row) => row.map(([value]) => value)),
        );
      }),
    );
  });

  it('reads numbers as Number does', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.stringMatching(/^[+-]?(\d{1,20}|\d{0,5}\.\d{1,20}|\d{1,5}\.)(e[+-]?\d{1,2})?$/),
    );
    fc.assert(
      fc.property(numbers, (text) => {
        // JSON has no other zero: a record of it reads the same.
        expect(cell('double', text)).toBe(Number(text));
      }),
    );
  });

  it('ends for any bytes', () => {
    const types: ColumnType[] = ['string', 'double', 'bool', 'timestamp', 'array<double>'];
    const fields = types.map((type, i) => field(`c${i}`, type));
    const header = fields.map(({ path }) => path.join('.'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(read(fields, header, [new Uint8Array(bytes)])).toHaveLength(1);
      }),
    );
  });
});
