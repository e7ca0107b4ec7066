/** The bytes of a file, and what can be wrong with it. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { EngineError, messageOf } from '../../errors.ts';
import type { Part } from './input.ts';
import { MAX_RECORD_BYTES } from './runs.ts';

const CHUNK_BYTES = 256 * 1024;

/**
 * The bytes of a part from `from` on, unpacked, in chunks.
 * @throws EngineError ENG_FILE_READ when they cannot be read
 */
export async function* chunksOf(part: Part, from: number): AsyncGenerator<Buffer> {
  const { absolute, bytes, isGzip } = part;
  const start = isGzip ? 0 : from;
  if (bytes <= start) return;
  const file = createReadStream(absolute, { start, end: bytes - 1, highWaterMark: CHUNK_BYTES });
  // Its callback is given so that pipeline does not return a promise; errors come out of the loop.
  const stream: Readable = isGzip
    ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
    : file;
  let skip = from - start;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (skip < chunk.length) yield chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } catch (error) {
    throw unreadable(part, error);
  }
}

/** R9: a file that changes while it is read is not read on. Files with a manifest may grow. */
export async function checkUnchanged(part: Part): Promise<void> {
  const now = await stat(part.absolute).catch(() => null);
  if (now !== null && part.mayGrow && now.size >= part.bytes) return;
  if (now !== null && now.size === part.size && now.mtimeMs === part.modifiedMs) return;
  throw changed(part, now === null ? 'is gone' : 'was changed');
}

/** A part that cannot be read. */
export const unreadable = ({ path }: Part, error: unknown): EngineError =>
  new EngineError('ENG_FILE_READ', `${path}: ${messageOf(error)}`, { cause: error });

/** A part that is another one by now. */
export const changed = ({ path }: Part, how: string): EngineError =>
  new EngineError('ENG_SOURCE_GAP', `${path} ${how} since reading began`);

/** A record of more than MAX_RECORD_BYTES; `question` is what it may come from. */
export const tooLong = ({ path }: Part, what: string, question: string): EngineError =>
  new EngineError(
    'ENG_FILE_READ',
    `${path} has ${what} of more than ${MAX_RECORD_BYTES / 1024 / 1024} MiB: ${question}`,
  );
