import { describe, expect, it } from 'vitest';
import type { Column, RowBatch } from './batch.ts';
import { buildRowTime } from './row-time.ts';

const columns: Column[] = [{ name: 'window_end', type: 'timestamp', nullable: false }];
const rows = (origin: RowBatch['origin']): RowBatch => ({
  length: 1,
  vectors: [{ kind: 'number', values: Float64Array.of(60_000), valid: null }],
  origin,
});

describe('the event time of a row', () => {
  it('is that of its record', () => {
    const origin: RowBatch['origin'] = {
      ...{ kind: 'records', source: 'readings', partition: 0, offsets: Float64Array.of(7) },
      eventTimes: Float64Array.of(1234),
    };
    expect(buildRowTime(columns)(rows(origin), 0)).toBe(1234);
  });

  it('W8: of a window row is window_end − 1 ms', () => {
    expect(buildRowTime(columns)(rows({ kind: 'window', stage: 's' }), 0)).toBe(59_999);
  });

  it('is unknown for window rows without window_end', () => {
    expect(buildRowTime([])(rows({ kind: 'window', stage: 's' }), 0)).toBe(NaN);
  });
});
