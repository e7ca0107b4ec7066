/**
 * Messages → a Kafka record batch, format 2, the same bytes as kafkajs makes of them, in one buffer
 * instead of several a message. Layout: Kafka protocol guide, "Record Batch"; see workers/decode-kafka.ts.
 */
import { crc32c } from './crc32c.ts';

type Bytes = Buffer | string | null | undefined;

/** A message as kafkajs takes it. */
export interface OutgoingMessage {
  readonly key?: Bytes;
  readonly value: Bytes;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>> | undefined;
  /** Epoch ms; the time of sending unless given. */
  readonly timestamp?: string | undefined;
}

/** What a batch says of itself besides its records. */
export interface BatchSettings {
  /** Codec's number, and whether the batch is part of a transaction. */
  readonly attributes: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  /** Epoch ms: of messages without a timestamp. */
  readonly nowMs: number;
  /** Compresses the records; null: they stay as they are. */
  readonly compress: ((records: Buffer) => Promise<Buffer>) | null;
}

const HEADER_BYTES = 61;
const MAGIC = 2;
const NO_EPOCH = 0;

/** The batch of some messages, at least one. O(their bytes). */
export async function encodeBatch(
  messages: readonly OutgoingMessage[],
  settings: BatchSettings,
): Promise<Buffer> {
  const { compress } = settings;
  const times = messages.map(({ timestamp }) => Number(timestamp ?? settings.nowMs));
  const firstMs = times.reduce((least, each) => Math.min(least, each));
  const lastMs = times.reduce((most, each) => Math.max(most, each));
  const deltas = times.map((ms) => ms - firstMs);
  const sizes = messages.map((message, i) => recordBytes(message, i, deltas[i] as number));
  const bytes = sizes.reduce((sum, size) => sum + intBytes(size) + size, HEADER_BYTES);
  const batch = Buffer.allocUnsafe(bytes);
  writeRecords(batch, messages, { sizes, deltas });
  const whole =
    compress === null
      ? batch
      : Buffer.concat([
          batch.subarray(0, HEADER_BYTES),
          await compress(batch.subarray(HEADER_BYTES)),
        ]);
  writeHeader(whole, settings, { firstMs, lastMs, count: messages.length });
  return whole;
}

function writeHeader(
  batch: Buffer,
  { attributes, producerId, producerEpoch, firstSequence }: BatchSettings,
  { firstMs, lastMs, count }: { firstMs: number; lastMs: number; count: number },
): void {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(NO_EPOCH, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(attributes, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(firstMs), 27);
  batch.writeBigInt64BE(BigInt(lastMs), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
}

/** Length of a record, without that of the varint it begins with. */
function recordBytes({ key, value, headers }: OutgoingMessage, i: number, delta: number): number {
  const listed = headersOf(headers);
  // Attributes; a batch has fewer records than a varint of 28 bits can count.
  let size = 1 + longBytes(delta) + intBytes(i) + sizeOf(key) + sizeOf(value);
  size += intBytes(listed.length);
  for (const [name, held] of listed) size += sizeOf(name) + sizeOf(held);
  return size;
}

/** Writes the records behind the header. */
function writeRecords(
  batch: Buffer,
  messages: readonly OutgoingMessage[],
  { sizes, deltas }: { sizes: readonly number[]; deltas: readonly number[] },
): void {
  let at = HEADER_BYTES;
  messages.forEach(({ key, value, headers }, i) => {
    const listed = headersOf(headers);
    at = writeInt(batch, at, sizes[i] as number);
    batch[at++] = 0;
    at = writeLong(batch, at, deltas[i] as number);
    at = writeInt(batch, at, i);
    at = writeBytes(batch, at, key);
    at = writeBytes(batch, at, value);
    at = writeInt(batch, at, listed.length);
    for (const [name, held] of listed) at = writeBytes(batch, writeBytes(batch, at, name), held);
  });
}

type Header = readonly [name: string, value: Bytes];

/** A header that has several values stands there once for each. */
const headersOf = (headers: OutgoingMessage['headers']): readonly Header[] =>
  headers === undefined
    ? NONE
    : Object.entries(headers).flatMap(([name, value]): Header[] =>
        isList(value) ? value.map((each): Header => [name, each]) : [[name, value]],
      );

const NONE: readonly Header[] = [];

const isList = (value: Bytes | readonly Bytes[]): value is readonly Bytes[] => Array.isArray(value);

/** Bytes of a value with its length before it; null is the length −1. */
function sizeOf(value: Bytes): number {
  if (value === null || value === undefined) return 1;
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return intBytes(bytes) + bytes;
}

function writeBytes(into: Buffer, at: number, value: Bytes): number {
  if (value === null || value === undefined) return writeInt(into, at, -1);
  if (typeof value !== 'string') {
    const from = writeInt(into, at, value.length);
    into.set(value, from);
    return from + value.length;
  }
  const from = writeInt(into, at, Buffer.byteLength(value));
  return from + into.write(value, from);
}

/** How long the zig-zag varint of an integer of 31 bits is. */
function intBytes(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31);
  return zigzag === 0 ? 1 : Math.ceil((32 - Math.clz32(zigzag)) / 7);
}

function writeInt(into: Buffer, from: number, value: number): number {
  let at = from;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80;
  into[at++] = rest;
  return at;
}

/** As intBytes for an integer of up to 53 bits that is not negative. */
function longBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

function writeLong(into: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) | 0x80;
  into[at++] = rest;
  return at;
}
