/** Files of lines as runs of them. */
import { type FileHandle, open } from 'node:fs/promises';
import { LineFinder } from '../../core/json/simd/line-finder.ts';
import { bufferFor } from '../frame-buffers.ts';
import type { Part } from './input.ts';
import { changed, checkUnchanged, chunksOf, tooLong, unreadable } from './part-bytes.ts';
import { MAX_RECORD_BYTES, type PartReader, RUN_BYTES, type Run } from './runs.ts';

const NEWLINE = 10;
const IS_IT_LINES = 'is it one JSON document a line?';
const lineFinder = new LineFinder();

/** Reads a part as lines. */
export const linesOf = (part: Part): PartReader => ({
  read: (from) => readLines(part, from),
  startOf: startOfLine,
});

/** Where line `line` of the bytes begins, counted from 0. O(bytes). */
function startOfLine(bytes: Uint8Array, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = bytes.indexOf(NEWLINE, at) + 1;
  return at;
}

/**
 * Reads a part from byte `from` (unpacked) on, as runs of about RUN_BYTES. A last line without an end
 * gets one.
 * @throws EngineError ENG_SOURCE_GAP when the file is not the one that was found, ENG_FILE_READ when
 *   it cannot be read or a line is longer than MAX_RECORD_BYTES
 */
async function* readLines(part: Part, from: number): AsyncGenerator<Run> {
  await checkUnchanged(part);
  yield* part.isGzip ? unpackedRuns(part, from) : plainRuns(part, from);
  await checkUnchanged(part);
}

/**
 * Reads straight into the buffers that go to the workers. The line that a buffer's end cuts is read
 * once more, into the next one: cheaper than moving it there.
 */
async function* plainRuns(part: Part, from: number): AsyncGenerator<Run> {
  const file = await open(part.absolute, 'r').catch((error: unknown) => {
    throw unreadable(part, error);
  });
  try {
    let size = RUN_BYTES;
    for (let at = from; at < part.bytes;) {
      const bytes = await readAt(file, part, at, Math.min(size, part.bytes - at));
      const isLast = at + bytes.length === part.bytes;
      const cut = bytes.lastIndexOf(NEWLINE) + 1;
      if (cut === 0 && bytes.length > MAX_RECORD_BYTES) throw tooLong(part, 'a line', IS_IT_LINES);
      if (cut === 0 && !isLast) {
        size *= 2;
        continue;
      }
      const length = isLast ? bytes.length : cut;
      const whole = isLast && cut < length ? join([bytes], false) : bytes.subarray(0, length);
      yield { bytes: whole, records: lineFinder.count(whole), from: at, to: at + length };
      at += length;
      size = RUN_BYTES;
    }
  } finally {
    await file.close();
  }
}

/** Bytes [at, at + length) of a file, in a buffer of their own. */
async function readAt(
  file: FileHandle,
  part: Part,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(bufferFor(length), 0, length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file
      .read(bytes, done, length - done, at + done)
      .catch((error: unknown) => {
        throw unreadable(part, error);
      });
    if (bytesRead === 0) throw changed(part, 'was changed');
    done += bytesRead;
  }
  return bytes;
}

async function* unpackedRuns(part: Part, from: number): AsyncGenerator<Run> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let at = from;
  const take = (bytes: Buffer, ended: boolean): Run => {
    const run = join([...held, bytes], ended);
    const read = heldBytes + bytes.length;
    at += read;
    return { bytes: run, records: lineFinder.count(run), from: at - read, to: at };
  };
  for await (const chunk of chunksOf(part, from)) {
    const cut = heldBytes + chunk.length < RUN_BYTES ? 0 : chunk.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) {
      yield take(chunk.subarray(0, cut), true);
      held = [];
      heldBytes = 0;
    }
    held.push(chunk.subarray(cut));
    heldBytes += chunk.length - cut;
    if (heldBytes > MAX_RECORD_BYTES) throw tooLong(part, 'a line', IS_IT_LINES);
  }
  if (heldBytes > 0) {
    const last = held.pop() ?? Buffer.alloc(0);
    heldBytes -= last.length;
    yield take(last, last.at(-1) === NEWLINE);
  }
}

/** Chunks in a new buffer, with a line end behind them unless they have one. */
function join(chunks: readonly Uint8Array[], ended: boolean): Uint8Array<ArrayBuffer> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(length + (ended ? 0 : 1));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (!ended) bytes[length] = NEWLINE;
  return bytes;
}
