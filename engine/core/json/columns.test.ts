import { describe, expect, it } from 'vitest';
import { cellOf } from '../batch.ts';
import { cellText, growHeap, openColumns, vectorOf } from './columns.ts';
import type { Field } from './projection.ts';
import { compileScan } from './scan.ts';

const fields: Field[] = [
  { path: ['city'], type: 'string', required: false },
  { path: ['n'], type: 'int', required: false },
  { path: ['id'], type: 'long', required: true },
];

function scanned(records: readonly string[], capacity: number) {
  const columns = openColumns(fields, capacity);
  const scan = compileScan({ fields, validate: 'read' });
  const bytes = new TextEncoder().encode(records.join(''));
  scan.open(bytes, columns);
  let from = 0;
  records.forEach((record, row) => {
    const to = from + new TextEncoder().encode(record).length;
    expect(scan.read(from, to, row)).toBe(0);
    from = to;
  });
  return columns;
}

describe('ScanColumns', () => {
  it('grow by doubling and keep their cells', () => {
    const records = Array.from(
      { length: 100 },
      (_, i) => `{"city":"c${String(i)}","n":${String(i)},"id":1}`,
    );
    const columns = scanned(records, 1);
    expect(columns.capacity).toBe(128);
    expect(cellText(columns, 0, 0)).toBe('c0');
    expect(cellText(columns, 0, 99)).toBe('c99');
    expect(columns.values[1]?.[0]).toBe(0);
    expect(columns.values[1]?.[99]).toBe(99);
  });

  it('make room in the heap for what was there and more', () => {
    const columns = openColumns(fields, 1);
    columns.heap.fill(7);
    columns.heapBytes = 200;
    growHeap(columns, 1000);
    expect(columns.heap.length).toBe(2048);
    expect(columns.heap[199]).toBe(7);
  });
});

describe('vectorOf', () => {
  it('shares the scanned bytes where no string had escapes', () => {
    const columns = scanned(['{"city":"Metz","n":1,"id":5}', '{"id":6}'], 4);
    const city = vectorOf(columns, 0, 2);
    expect(city.kind === 'bytes' && city.bytes === columns.bytes).toBe(true);
    expect([0, 1].map((row) => cellOf(city, row))).toEqual(['Metz', null]);
    expect([0, 1].map((row) => cellOf(vectorOf(columns, 1, 2), row))).toEqual([1, null]);
    expect(vectorOf(columns, 2, 2)).toEqual({
      kind: 'number',
      values: Float64Array.of(5, 6),
      valid: null,
    });
  });

  it('copies a column together where some strings had', () => {
    const columns = scanned(
      ['{"city":"Metz","id":1}', '{"id":2}', '{"city":"N\\u00eemes","id":3}', '{"city":"","id":4}'],
      4,
    );
    const city = vectorOf(columns, 0, 4);
    expect([0, 1, 2, 3].map((row) => cellOf(city, row))).toEqual(['Metz', null, 'Nîmes', '']);
    expect([0, 1, 2, 3].map((row) => cellText(columns, 0, row))).toEqual([
      'Metz',
      null,
      'Nîmes',
      '',
    ]);
  });
});
