import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunksOf } from './chunks.ts';

describe('chunks', () => {
  it('are all bytes in order, within the limits, and no more of them than it takes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (all, bytes, parts) => {
          const chunks = [...chunksOf(all, { bytes, parts })];
          expect(Buffer.concat(chunks.flat())).toEqual(Buffer.concat(all));
          for (const [i, chunk] of chunks.entries()) {
            const size = chunk.reduce((sum, { byteLength }) => sum + byteLength, 0);
            expect(chunk.length).toBeLessThanOrEqual(parts);
            expect(size).toBeLessThanOrEqual(bytes);
            if (i < chunks.length - 1) expect(size === bytes || chunk.length === parts).toBe(true);
          }
        },
      ),
    );
  });
});
