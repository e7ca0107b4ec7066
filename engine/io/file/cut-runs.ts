/** Runs of records that lines do not tell apart: held together until a whole one is there. */
import { bufferFor } from '../frame-buffers.ts';
import type { Part } from './input.ts';
import { checkUnchanged, chunksOf } from './part-bytes.ts';
import { MAX_RECORD_BYTES, RUN_BYTES, type Run } from './runs.ts';

/** Tells records apart. */
export interface Cutter {
  /**
   * The whole records that bytes begin with: where the last one ends, and how many they are. `isLast`:
   * the part ends where the bytes do.
   */
  cut(bytes: Uint8Array, isLast: boolean): { readonly end: number; readonly records: number };
  /** What a record that is longer than MAX_RECORD_BYTES ends the run with. */
  tooLong(): Error;
}

/** Reads a part from byte `from` (unpacked) on, as runs of about RUN_BYTES. */
export async function* cutRuns(part: Part, from: number, cutter: Cutter): AsyncGenerator<Run> {
  await checkUnchanged(part);
  let held: Uint8Array[] = [];
  let length = 0;
  let wanted = RUN_BYTES;
  let at = from;
  for await (const chunk of chunksOf(part, from)) {
    held.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    const bytes = join(held, length);
    const { end, records } = cutter.cut(bytes, false);
    if (end === 0 && length >= MAX_RECORD_BYTES) throw cutter.tooLong();
    // The frame takes its buffer along; what is left of it is copied before.
    held = [end === 0 ? bytes : bytes.slice(end)];
    length -= end;
    wanted = Math.min(length + RUN_BYTES, MAX_RECORD_BYTES);
    if (records > 0) yield { bytes: bytes.subarray(0, end), records, from: at, to: at + end };
    at += end;
  }
  const bytes = join(held, length);
  const { end, records } = cutter.cut(bytes, true);
  const rest = bytes.slice(end);
  if (records > 0) yield { bytes: bytes.subarray(0, end), records, from: at, to: at + end };
  if (rest.length > 0) cutter.cut(rest, true);
  await checkUnchanged(part);
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bufferFor(length), 0, length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
