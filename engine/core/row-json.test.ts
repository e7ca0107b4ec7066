import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column, ColumnType, RowBatch, Vector } from './batch.ts';
import { buildRowJson, cellJson, cellText, floatText } from './row-json.ts';

const column = (name: string, type: ColumnType): Column => ({ name, type, nullable: true });
const numbers = (...values: (number | null)[]): Vector => ({
  kind: 'number',
  values: Float64Array.from(values, (value) => value ?? 0),
  valid: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
});
const texts = (...values: (string | null)[]): Vector => ({ kind: 'text', values });
const batch = (length: number, ...vectors: Vector[]): RowBatch => ({
  length,
  vectors,
  origin: { kind: 'window', stage: 's' },
});
const anyUnit = fc.constantFrom('a', '"', '\\', '\n', '\u0000', 'é', '\u2028', '😀', '\ud800');
const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('rows as JSON', () => {
  it('O4: a float is the shortest text that reads back as the same 32 bits', () => {
    fc.assert(
      fc.property(anyFloat, (value) => {
        const text = floatText(value);
        expect(Math.fround(Number(text))).toBe(value === 0 ? 0 : value);
        if (Number.isSafeInteger(value)) return;
        const digits = text
          .replace(/e.*/, '')
          .replace(/[-.]/g, '')
          .replace(/^0+|0+$/g, '');
        const shorter = digits.length - 1;
        if (shorter > 0) expect(Math.fround(Number(value.toPrecision(shorter)))).not.toBe(value);
      }),
    );
    expect(floatText(Math.fround(9.91))).toBe('9.91');
    expect(floatText(Math.fround(0.1))).toBe('0.1');
    expect(floatText(16_777_216)).toBe('16777216');
  });

  it('a double reads back as itself', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(double, (value) => {
        expect(JSON.parse(cellJson('double', value)) as number).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('any string reads back as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyUnit }), (value) => {
        expect(JSON.parse(cellJson('string', value))).toBe(value);
      }),
    );
  });

  it('has a text for every type', () => {
    expect(cellJson('bool', 1)).toBe('true');
    expect(cellJson('bool', 0)).toBe('false');
    expect(cellJson('int', -7)).toBe('-7');
    expect(cellJson('long', 9_007_199_254_740_991)).toBe('9007199254740991');
    expect(cellJson('timestamp', 1_711_580_400_000)).toBe('"2024-03-27T23:00:00Z"');
    expect(cellJson('timestamp', 1_711_580_400_250)).toBe('"2024-03-27T23:00:00.250Z"');
    expect(cellJson('double', NaN)).toBe('"NaN"');
    expect(cellJson('float', -Infinity)).toBe('"-Infinity"');
  });

  it('W9: -0 is written as 0', () => {
    expect(cellJson('double', -0)).toBe('0');
    expect(cellJson('float', -0)).toBe('0');
  });

  it('for people is text without quotes, and null is nothing', () => {
    expect(cellText('string', 'Saint-Étienne')).toBe('Saint-Étienne');
    expect(cellText('timestamp', 0)).toBe('1970-01-01T00:00:00Z');
    expect(cellText('double', null)).toBe('');
    expect(cellText('bool', 1)).toBe('true');
  });

  it('keep the order of the columns, and write null members', () => {
    const write = buildRowJson([
      column('city', 'string'),
      column('n', 'long'),
      column('t', 'float'),
    ]);
    const rows = batch(2, texts('Brest', null), numbers(3, 4), numbers(Math.fround(9.14), null));
    expect(write(rows, 0)).toBe('{"city":"Brest","n":3,"t":9.14}');
    expect(write(rows, 1)).toBe('{"city":null,"n":4,"t":null}');
  });

  it('read strings straight from shared bytes', () => {
    const vector: Vector = {
      kind: 'bytes',
      bytes: new TextEncoder().encode('Nîmes"x"'),
      start: Int32Array.of(0, 6, -1),
      end: Int32Array.of(6, 9, -1),
    };
    const write = buildRowJson([column('c', 'string')]);
    const rows = [0, 1, 2].map((row) => write(batch(3, vector), row));
    expect(rows).toEqual(['{"c":"Nîmes"}', '{"c":"\\"x\\""}', '{"c":null}']);
  });

  it('quote the names of columns', () => {
    expect(buildRowJson([column('a"b', 'int')])(batch(1, numbers(1)), 0)).toBe('{"a\\"b":1}');
    expect(buildRowJson([])(batch(1), 0)).toBe('{}');
  });
});
