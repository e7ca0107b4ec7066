/**
 * A topic kept as files (K3): `<engine directory>/topics/NAME/N.log` is partition N, a run of Kafka
 * record batches. Keys go to the partitions they would have in Kafka, so that order is kept per key.
 * One process writes a topic at a time, any number read it while it grows. A batch that a crash cut
 * off is no part of the log: readers stop before it, the next writer removes it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../errors.ts';
import { HEADER_BYTES, readHeader, type BatchHeader } from '../kafka/record-batch.ts';
import { type ReadLogRecord, decodeBatch } from './log-batch.ts';
import { PARTITIONS } from './partitioner.ts';

const topicsIn = (directory: string): string => join(directory, 'topics');

/**
 * The file of a topic's partition.
 * @param directory the engine's directory, `.engine`
 * @throws EngineError ENG_FILE_READ for a name that Kafka would not take either
 */
export function topicPath(directory: string, topic: string, partition = 0): string {
  if (!/^(?!\.{1,2}$)[\w.-]{1,249}$/.test(topic)) {
    throw new EngineError('ENG_FILE_READ', `${JSON.stringify(topic)} is no name of a topic`);
  }
  return join(topicsIn(directory), topic, `${partition}.log`);
}

/** Whether there is a topic of that name (K3). */
export const topicExists = (directory: string, topic: string): boolean =>
  existsSync(topicPath(directory, topic));

/** Names of the topics there are, sorted. */
export function listTopics(directory: string): string[] {
  if (!existsSync(topicsIn(directory))) return [];
  return readdirSync(topicsIn(directory))
    .filter((name) => topicExists(directory, name))
    .sort();
}

/** Where a batch begins in the file, and the offset it begins at. */
export interface LogPosition {
  readonly byte: number;
  readonly offset: number;
}

/** The beginning of every log. */
export const LOG_START: LogPosition = { byte: 0, offset: 0 };

/** Bytes read at once when only headers are looked at. */
const WALK_BYTES = 64 * 1024;

/**
 * Walks the batches from a position on. Stops before a batch that is not whole. O(batches), or
 * O(bytes / 64 KiB) reads where batches are small.
 */
export async function* walkBatches(
  file: FileHandle,
  from: LogPosition,
): AsyncGenerator<LogPosition & { readonly end: number; readonly header: BatchHeader }> {
  const { size } = await file.stat();
  const window = Buffer.allocUnsafe(WALK_BYTES);
  let loaded = { from: 0, to: 0 };
  for (let byte = from.byte; byte + HEADER_BYTES <= size;) {
    if (byte < loaded.from || byte + HEADER_BYTES > loaded.to) {
      const { bytesRead } = await file.read(window, 0, WALK_BYTES, byte);
      loaded = { from: byte, to: byte + bytesRead };
    }
    const at = byte - loaded.from;
    const end = byte + 12 + window.readInt32BE(at + 8);
    if (end > size) return;
    const head = Buffer.from(window.subarray(at, at + HEADER_BYTES));
    head.writeInt32BE(HEADER_BYTES - 12, 8);
    const header = readHeader(head, 0);
    if (header === null) return;
    yield { byte, offset: header.baseOffset, end, header };
    byte = end;
  }
}

/** Reads bytes [from, to) of a log into a buffer of their own. */
export async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(to - from));
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) throw new EngineError('ENG_FILE_READ', 'a topic log has been cut off');
    at += bytesRead;
  }
  return bytes;
}

/**
 * Reads all records of a topic, as they are now, one partition after the other; nothing if there is
 * no topic.
 * @param from first offset wanted by partition, 0 where it is not said
 */
export async function* readTopic(
  directory: string,
  topic: string,
  from: ReadonlyMap<number, number> = new Map(),
): AsyncGenerator<ReadLogRecord & { readonly partition: number }> {
  if (!topicExists(directory, topic)) return;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const file = await open(topicPath(directory, topic, partition), 'r');
    try {
      for await (const record of recordsFrom(file, from.get(partition) ?? 0)) {
        yield { partition, ...record };
      }
    } finally {
      await file.close();
    }
  }
}

async function* recordsFrom(file: FileHandle, first: number): AsyncGenerator<ReadLogRecord> {
  for await (const { byte, end, header } of walkBatches(file, LOG_START)) {
    if (header.lastOffset < first) continue;
    const records = decodeBatch(await readRange(file, byte, end));
    yield* records.filter(({ offset }) => offset >= first);
  }
}
