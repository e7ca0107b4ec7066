/** Runs of the records of files as frames. */
import type { Frame } from '../../graph/ports.ts';
import type { Numbered } from './partition.ts';

type FileSlice = Frame['slices'][number];

/** A frame of runs that follow each other; those of one part are one slice. Takes their buffers. */
export function frameOf(partition: number, runs: readonly Numbered[]): Frame {
  const slices: FileSlice[] = [];
  let start = 0;
  for (const { bytes, first, next, path, byte, reader } of runs) {
    const { header, isArray } = reader;
    const { length } = bytes;
    const last = slices.at(-1);
    if (last?.file?.path === path) {
      slices[slices.length - 1] = { ...last, length: last.length + length, nextOffset: next };
    } else {
      const place = { partition, start, length, firstOffset: first, nextOffset: next };
      const file = { path, byte };
      const form = { ...(header !== undefined && { header }), ...(isArray && { isArray }) };
      slices.push({ ...place, file, ...form });
    }
    start += length;
  }
  const [only] = runs;
  if (only !== undefined && runs.length === 1) return { buffer: only.bytes.buffer, slices };
  const buffer = new Uint8Array(Buffer.concat(runs.map(({ bytes }) => bytes))).buffer;
  return { buffer, slices };
}
