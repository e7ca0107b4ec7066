/** Files as runs of whole lines. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LineFinder } from '../../core/json/simd/line-finder.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { bufferFor } from '../frame-buffers.ts';
import type { Part } from './input.ts';

/** Bytes a run of lines has when no line is longer. */
export const RUN_BYTES = 4 * 1024 * 1024;
/** The longest line that is read. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

const NEWLINE = 10;
const lineFinder = new LineFinder();

/** Whole lines in a buffer of their own; each ends with `\n`. */
export interface LineRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lines: number;
  /** Bytes of the part before and after the run, unpacked. */
  readonly from: number;
  readonly to: number;
}

/** Where line `line` of the bytes begins, counted from 0. O(bytes). */
export function startOfLine(bytes: Uint8Array, line: number): number {
  let at = 0;
  for (let i = 0; i < line; i++) at = bytes.indexOf(NEWLINE, at) + 1;
  return at;
}

/**
 * Reads a part from byte `from` (unpacked) on, as runs of about RUN_BYTES. A last line without an end
 * gets one.
 * @throws EngineError ENG_SOURCE_GAP when the file is not the one that was found, ENG_FILE_READ when
 *   it cannot be read or a line is longer than MAX_LINE_BYTES
 */
export async function* readLines(part: Part, from: number): AsyncGenerator<LineRun> {
  await checkUnchanged(part);
  yield* part.isGzip ? unpackedRuns(part, from) : plainRuns(part, from);
  await checkUnchanged(part);
}

/**
 * Reads straight into the buffers that go to the workers. The line that a buffer's end cuts is read
 * once more, into the next one: cheaper than moving it there.
 */
async function* plainRuns(part: Part, from: number): AsyncGenerator<LineRun> {
  const file = await open(part.absolute, 'r').catch((error: unknown) => {
    throw unreadable(part, error);
  });
  try {
    let size = RUN_BYTES;
    for (let at = from; at < part.bytes;) {
      const bytes = await readAt(file, part, at, Math.min(size, part.bytes - at));
      const isLast = at + bytes.length === part.bytes;
      const cut = bytes.lastIndexOf(NEWLINE) + 1;
      if (cut === 0 && bytes.length > MAX_LINE_BYTES) throw tooLong(part);
      if (cut === 0 && !isLast) {
        size *= 2;
        continue;
      }
      const length = isLast ? bytes.length : cut;
      const whole = isLast && cut < length ? join([bytes], false) : bytes.subarray(0, length);
      yield { bytes: whole, lines: lineFinder.count(whole), from: at, to: at + length };
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

async function* unpackedRuns(part: Part, from: number): AsyncGenerator<LineRun> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let at = from;
  const take = (bytes: Buffer, ended: boolean): LineRun => {
    const run = join([...held, bytes], ended);
    const read = heldBytes + bytes.length;
    at += read;
    return { bytes: run, lines: lineFinder.count(run), from: at - read, to: at };
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
    if (heldBytes > MAX_LINE_BYTES) throw tooLong(part);
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

async function* chunksOf(part: Part, from: number): AsyncGenerator<Buffer> {
  const { absolute, bytes } = part;
  if (bytes === 0) return;
  const file = createReadStream(absolute, { end: bytes - 1, highWaterMark: 256 * 1024 });
  // Its callback is given so that pipeline does not return a promise; errors come out of the loop.
  const stream: Readable = pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => undefined);
  let skip = from;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } catch (error) {
    throw unreadable(part, error);
  }
}

const unreadable = ({ path }: Part, error: unknown): EngineError =>
  new EngineError('ENG_FILE_READ', `${path}: ${messageOf(error)}`, { cause: error });

/** R9: a file that changes while it is read is not read on. Files with a manifest may grow. */
async function checkUnchanged(part: Part): Promise<void> {
  const now = await stat(part.absolute).catch(() => null);
  if (now !== null && part.mayGrow && now.size >= part.bytes) return;
  if (now !== null && now.size === part.size && now.mtimeMs === part.modifiedMs) return;
  throw changed(part, now === null ? 'is gone' : 'was changed');
}

const changed = ({ path }: Part, how: string): EngineError =>
  new EngineError('ENG_SOURCE_GAP', `${path} ${how} since reading began`);

const tooLong = ({ path }: Part): EngineError =>
  new EngineError(
    'ENG_FILE_READ',
    `${path} has a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MiB: is it one JSON document a line?`,
  );
