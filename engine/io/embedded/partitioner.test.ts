import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

describe('the partition of a key', () => {
  it('is hashed as Kafka does', () => {
    // Vectors of Kafka's own UtilsTest.testMurmur2.
    const vectors = new Map([
      ['21', -973932308],
      ['foobar', -790332482],
      ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829],
      ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
      ['abc', 479470107],
    ]);
    for (const [key, hash] of vectors) expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('is one of four', () => {
    const keys = Array.from({ length: 100 }, (_, i) => partitionOf(Buffer.from(`key ${i}`)));
    expect([...new Set(keys)].sort()).toEqual([0, 1, 2, 3]);
  });
});
