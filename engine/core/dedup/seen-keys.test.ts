import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenKeys, type SeenPart } from './seen-keys.ts';

const encoder = new TextEncoder();

/** The rule, word for word: the last first record of a key, and whether it still counts. */
function naive(withinMs: number): (key: string, t: number, watermark: number) => boolean {
  const seen = new Map<string, number>();
  return (key, t, watermark) => {
    const before = seen.get(key);
    if (before !== undefined && before + withinMs > watermark) return false;
    seen.set(key, t);
    return true;
  };
}

const isFirst = (seen: SeenKeys, key: string, t: number, watermark: number): boolean => {
  const bytes = encoder.encode(`[${key}]`);
  return seen.isFirst(bytes, { from: 1, to: bytes.length - 1 }, t, watermark);
};

/** As from disk: a copy at an odd address. */
const copied = (parts: readonly SeenPart[]): SeenPart[] =>
  parts.map(({ bucket, buffers }) => ({
    bucket,
    buffers: buffers.map((buffer) => {
      const room = new Uint8Array(buffer.length + 3);
      room.set(buffer, 3);
      return room.subarray(3);
    }) as unknown as SeenPart['buffers'],
  }));

const records = fc.array(
  fc.record({
    key: fc.constantFrom('', 'a', 'b', 'ab', 'ü'),
    t: fc.oneof(fc.integer({ min: -50, max: 200 }), fc.integer({ min: 0, max: 5000 })),
    cut: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { maxLength: 200 },
);

describe('the keys a partition has seen', () => {
  it('O2: are those of a naive map, in any order of time, with restarts in between', () => {
    fc.assert(
      fc.property(
        records,
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 120 }),
        (given, withinMs, outOfOrderMs) => {
          const oracle = naive(withinMs);
          let seen = new SeenKeys({ withinMs, outOfOrderMs });
          let max = -Infinity;
          for (const { key, t, cut } of given) {
            const watermark = max - outOfOrderMs;
            expect(isFirst(seen, key, t, watermark)).toBe(oracle(key, t, watermark));
            max = Math.max(max, t);
            if (!cut) continue;
            const parts = copied(seen.snapshot());
            seen = new SeenKeys({ withinMs, outOfOrderMs });
            seen.restore(parts);
            seen.expire(watermark);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('O2: a key counts until the watermark reaches its event time + within, and no longer', () => {
    const seen = new SeenKeys({ withinMs: 10, outOfOrderMs: 0 });
    expect(isFirst(seen, 'a', 100, 95)).toBe(true);
    expect(isFirst(seen, 'a', 109, 109)).toBe(false);
    expect(isFirst(seen, 'a', 110, 110)).toBe(true);
  });

  it('O2: dropping buckets takes no key that counts, at any instant', () => {
    for (let t = 0; t < 30; t++) {
      const seen = new SeenKeys({ withinMs: 10, outOfOrderMs: 0 });
      isFirst(seen, 'a', t, -1);
      seen.expire(t + 9);
      expect(isFirst(seen, 'a', t, t + 9)).toBe(false);
    }
  });

  it('O2: a record that is late by more than within passes, and is not remembered', () => {
    const seen = new SeenKeys({ withinMs: 10, outOfOrderMs: 0 });
    expect(isFirst(seen, 'a', 90, 100)).toBe(true);
    expect(isFirst(seen, 'a', 90, 100)).toBe(true);
    expect(seen.size).toBe(0);
    expect(isFirst(seen, 'a', 101, 100)).toBe(true);
    expect(isFirst(seen, 'a', 90, 101)).toBe(false);
  });

  it('are forgotten: what is held is bounded by the time they count', () => {
    const seen = new SeenKeys({ withinMs: 1000, outOfOrderMs: 0 });
    let most = 0;
    for (let t = 0; t < 50_000; t++) {
      isFirst(seen, String(t), t, t - 1);
      most = Math.max(most, seen.size);
    }
    expect(most).toBeLessThan(1400);
    expect(seen.sizeBytes).toBeLessThan(100_000);
    seen.expire(Infinity);
    expect(seen.size).toBe(0);
  });

  it('snapshots do not change when more comes', () => {
    const seen = new SeenKeys({ withinMs: 10, outOfOrderMs: 0 });
    isFirst(seen, 'a', 0, -1);
    const parts = seen.snapshot();
    const before = JSON.stringify(parts);
    isFirst(seen, 'b', 2, 1);
    // Takes the place of the first one, which no longer counts, in its bucket.
    expect(isFirst(seen, 'a', 3, 10)).toBe(true);
    expect(JSON.stringify(parts)).toBe(before);
  });

  it('a part that lacks a key is refused', () => {
    const seen = new SeenKeys({ withinMs: 10, outOfOrderMs: 0 });
    isFirst(seen, 'a', 1, 0);
    const [part] = seen.snapshot() as [SeenPart];
    const [times, , bytes] = part.buffers;
    const broken: SeenPart = { ...part, buffers: [times, new Uint8Array(0), bytes] };
    expect(() => seen.restore([broken])).toThrow('the saved keys of a dedup cannot be used');
  });
});
