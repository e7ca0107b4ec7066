import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAssembler, isWholeFrame } from './framed-socket.ts';

const framed = (payload: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
};

describe('FrameAssembler', () => {
  it('gives each frame whole, however the bytes were cut, in a buffer of its own', () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 4, maxLength: 300 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 90 })), (wanted, cuts) => {
        const frames: Buffer[] = [];
        const assembler = new FrameAssembler((frame) => frames.push(frame));
        const bytes = Buffer.concat(wanted.map(framed));
        // As a socket's `onread` does it.
        const reused = Buffer.alloc(64);
        let turn = 0;
        for (let at = 0; at < bytes.length;) {
          const room = assembler.room(reused);
          const count = bytes.copy(room, 0, at, at + (cuts[turn++ % (cuts.length || 1)] ?? 7));
          assembler.push(room, count);
          reused.fill(0xee);
          at += count;
        }
        expect(frames).toEqual(wanted.map(framed));
        for (const frame of frames) {
          expect(isWholeFrame(frame.buffer)).toBe(true);
          expect(frame.buffer.byteLength).toBe(frame.length);
        }
      }),
    );
  });

  it('has large frames read to where they stay', () => {
    const reused = Buffer.alloc(64);
    const frames: Buffer[] = [];
    const assembler = new FrameAssembler((frame) => frames.push(frame));
    const bytes = framed(Buffer.alloc(200, 1));
    expect(assembler.room(reused)).toBe(reused);
    assembler.push(bytes.subarray(0, 64), 64);
    const room = assembler.room(reused);
    expect([room.byteOffset, room.length]).toEqual([64, 140]);
    assembler.push(room.fill(1, 0, 100), 100);
    expect(assembler.room(reused)).toBe(reused);
    assembler.push(reused.fill(1), 40);
    expect(frames).toEqual([bytes]);
    expect(frames[0]?.buffer).toBe(room.buffer);
  });

  it.each([-1, 0, 3, 0x7fffffff])('refuses a length of %i: this is no Kafka broker', (size) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(size);
    const assembler = new FrameAssembler(() => undefined);
    expect(() => assembler.push(bytes, 4)).toThrow('this is no Kafka broker');
  });
});
