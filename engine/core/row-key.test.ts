import { describe, expect, it } from 'vitest';
import type { Column, RowBatch } from './batch.ts';
import { buildRowKey } from './row-key.ts';

const columns: Column[] = [
  { name: 'city', type: 'string', nullable: true },
  { name: 'at', type: 'timestamp', nullable: false },
];
const batch: RowBatch = {
  length: 2,
  vectors: [
    { kind: 'text', values: ['Brest', null] },
    { kind: 'number', values: Float64Array.of(0, 1), valid: null },
  ],
  origin: { kind: 'window', stage: 's' },
};

describe('the key of a row', () => {
  it('is the text of its column, null where that is null', () => {
    const key = buildRowKey(columns, 'city');
    expect([key(batch, 0), key(batch, 1)]).toEqual(['Brest', null]);
  });

  it('is text for every type', () => {
    expect(buildRowKey(columns, 'at')(batch, 1)).toBe('1970-01-01T00:00:00.001Z');
  });

  it('is null when no column gives it', () => {
    expect(buildRowKey(columns, null)(batch, 0)).toBe(null);
    expect(buildRowKey(columns, 'absent')(batch, 0)).toBe(null);
  });
});
