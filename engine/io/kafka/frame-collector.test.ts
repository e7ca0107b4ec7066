import { describe, expect, it } from 'vitest';
import type { Frame } from '../../graph/ports.ts';
import { FrameCollector, splitFrame } from './frame-collector.ts';
import { FrameAssembler } from './framed-socket.ts';

/** A response as the framed socket assembles it. */
function wholeFrame(text: string): Buffer {
  const bytes = Buffer.from(`####${text}`);
  bytes.writeInt32BE(text.length);
  const frames: Buffer[] = [];
  new FrameAssembler((frame) => frames.push(frame)).push(bytes, bytes.length);
  return frames[0]!;
}

const cut = (firstOffset: number, nextOffset: number, start: number, length: number) => ({
  ...{ firstOffset, nextOffset, start, length },
});

/** What each slice of a frame holds. */
const textsOf = ({ buffer, slices }: Frame): [number, string][] =>
  slices.map(({ partition, start, length }) => [
    partition,
    Buffer.from(buffer, start, length).toString(),
  ]);

describe('FrameCollector', () => {
  it('joins the partitions of one response into one frame, without copying', async () => {
    const frames: Frame[] = [];
    const collector = new FrameCollector((frame) => frames.push(frame));
    const response = wholeFrame('..one..twotwo');
    collector.add(0, response.subarray(6, 9), [cut(5, 8, 0, 3)]);
    collector.add(2, response.subarray(11, 17), [cut(1, 2, 0, 3), cut(2, 3, 3, 3)]);
    expect(frames).toEqual([]);
    await Promise.resolve();
    expect(frames).toHaveLength(1);
    expect(frames[0]!.buffer).toBe(response.buffer);
    expect(textsOf(frames[0]!)).toEqual([
      [0, 'one'],
      [2, 'two'],
      [2, 'two'],
    ]);
    expect(frames[0]!.slices[0]).toMatchObject({ firstOffset: 5, nextOffset: 8, start: 6 });
  });

  it('gives responses of different brokers as frames of their own', () => {
    const frames: Frame[] = [];
    const collector = new FrameCollector((frame) => frames.push(frame));
    for (const text of ['ab..', 'cd..'])
      collector.add(0, wholeFrame(text).subarray(4), [cut(0, 1, 0, 2)]);
    collector.flush();
    expect(frames.map((frame) => textsOf(frame)[0]![1])).toEqual(['ab', 'cd']);
  });

  it('takes nothing of a response that is already on its way', () => {
    const collector = new FrameCollector(() => undefined);
    const response = wholeFrame('abcd');
    expect(collector.takes(response.subarray(4, 6))).toBe(true);
    collector.add(0, response.subarray(4, 6), [cut(0, 1, 0, 2)]);
    collector.flush();
    expect(collector.takes(response.subarray(6, 8))).toBe(false);
  });

  it('copies bytes of buffers it does not own', () => {
    const frames: Frame[] = [];
    const collector = new FrameCollector((frame) => frames.push(frame));
    const shared = Buffer.from('xxabxxcd');
    collector.add(1, shared.subarray(2, 4), [cut(0, 1, 0, 2)]);
    collector.add(0, shared.subarray(6, 8), [cut(7, 9, 0, 2)]);
    collector.flush();
    expect(frames).toHaveLength(1);
    expect(frames[0]!.buffer).not.toBe(shared.buffer);
    expect(frames[0]!.buffer.byteLength).toBe(4);
    expect(textsOf(frames[0]!)).toEqual([
      [1, 'ab'],
      [0, 'cd'],
    ]);
  });
});

describe('splitFrame', () => {
  const frame: Frame = {
    buffer: Uint8Array.from(Buffer.from('aabbbc')).buffer,
    slices: [
      { partition: 0, ...cut(0, 2, 0, 2) },
      { partition: 1, ...cut(4, 7, 2, 3) },
      { partition: 0, ...cut(2, 3, 5, 1) },
    ],
  };

  it('passes a frame on as it is when one side gets all', () => {
    expect(splitFrame(frame, () => true)).toEqual([frame, null]);
    expect(splitFrame(frame, () => false)).toEqual([null, frame]);
    expect(splitFrame(frame, () => true)[0]).toBe(frame);
  });

  it('copies each side into a buffer of its own otherwise, offsets kept', () => {
    const [one, other] = splitFrame(frame, (partition) => partition === 0);
    expect(textsOf(one!)).toEqual([
      [0, 'aa'],
      [0, 'c'],
    ]);
    expect(textsOf(other!)).toEqual([[1, 'bbb']]);
    expect(other!.slices[0]).toMatchObject({ firstOffset: 4, nextOffset: 7, start: 0, length: 3 });
    expect([one!.buffer.byteLength, other!.buffer.byteLength]).toEqual([3, 3]);
  });
});
