import { describe, expect, it } from 'vitest';
import { bufferFor, recycleBuffer } from './frame-buffers.ts';

const MIB = 1 << 20;

describe('buffers of responses', () => {
  it('come back for responses that fit and are not much smaller', () => {
    const buffer = bufferFor(3 * MIB + 5);
    expect(buffer.byteLength).toBe(4 * MIB);
    recycleBuffer(buffer);
    expect(bufferFor(4 * MIB + 1)).not.toBe(buffer);
    expect(bufferFor(MIB - 1).byteLength).toBe(MIB - 1);
    expect(bufferFor(MIB)).toBe(buffer);
    expect(bufferFor(MIB)).not.toBe(buffer);
  });

  it('are kept in small numbers, and not at all when they are small or gone', () => {
    const many = Array.from({ length: 20 }, () => new ArrayBuffer(2 * MIB));
    for (const buffer of many) recycleBuffer(buffer);
    recycleBuffer(new ArrayBuffer(100));
    const moved = new ArrayBuffer(2 * MIB);
    structuredClone(moved, { transfer: [moved] });
    recycleBuffer(moved);
    const again = Array.from({ length: 20 }, () => bufferFor(2 * MIB));
    expect(again.filter((buffer) => many.includes(buffer))).toHaveLength(6);
    expect(again.every(({ byteLength }) => byteLength === 2 * MIB)).toBe(true);
  });
});
