import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column, RowBatch } from './batch.ts';
import { buildRowId } from './row-id.ts';

const columns: Column[] = [
  { name: 'city', type: 'string', nullable: true },
  { name: 'window_start', type: 'timestamp', nullable: false },
  { name: 'avg', type: 'double', nullable: true },
];
const windowRow = (city: string | null, start: number, avg: number): RowBatch => ({
  length: 1,
  vectors: [
    { kind: 'text', values: [city] },
    { kind: 'number', values: Float64Array.of(start), valid: null },
    { kind: 'number', values: Float64Array.of(avg), valid: null },
  ],
  origin: { kind: 'window', stage: 'ten_minutes' },
});
const parts = { pipeline: 'weather', sink: 'heat', columns, identity: ['city', 'window_start'] };

describe('the id of a row', () => {
  it('R6: of a record is its place in the log', () => {
    const batch: RowBatch = {
      ...windowRow('Brest', 0, 1),
      origin: {
        kind: 'records',
        source: 'readings',
        partition: 2,
        offsets: Float64Array.of(17),
        eventTimes: Float64Array.of(0),
      },
    };
    expect(buildRowId(parts)(batch, 0)).toBe('["weather","heat","readings",2,17]');
  });

  it('R6: of a window row is its key and start, whatever the aggregates', () => {
    const id = buildRowId(parts);
    expect(id(windowRow('Brest', 0, 1), 0)).toBe(
      '["weather","heat","Brest","1970-01-01T00:00:00Z"]',
    );
    expect(id(windowRow('Brest', 0, 2), 0)).toBe(id(windowRow('Brest', 0, 1), 0));
  });

  it('W9: null, "" and "null" have ids of their own', () => {
    const ids = [null, '', 'null'].map((city) => buildRowId(parts)(windowRow(city, 0, 1), 0));
    expect(new Set(ids).size).toBe(3);
  });

  it('differs for every difference in the identity', () => {
    const id = buildRowId(parts);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(id(windowRow(a, 0, 1), 0) === id(windowRow(b, 0, 1), 0)).toBe(a === b);
      }),
    );
  });

  it('is made of all columns when nothing else identifies the row', () => {
    const id = buildRowId({ ...parts, identity: null });
    expect(id(windowRow('Brest', 0, 2), 0)).not.toBe(id(windowRow('Brest', 0, 1), 0));
  });
});
