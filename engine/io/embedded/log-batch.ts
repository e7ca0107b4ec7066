/**
 * Writes and reads Kafka record batches, format 2, uncompressed: what a topic log is made of, so that
 * the worker program that reads Kafka reads it too. Layout: Kafka protocol guide, "Record Batch".
 */
import { EngineError } from '../../errors.ts';
import { HEADER_BYTES } from '../kafka/record-batch.ts';

/** A record of a topic log. */
export interface LogRecord {
  /** Epoch ms. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** Where the checksummed part of a batch begins. */
const CHECKED_AT = 21;

/** CRC-32C (Castagnoli), bytewise: the checksum of record batches. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (-(crc & 1) & 0x82f63b78);
  return crc;
});

/** Bytes that grow as they are written. */
class Writer {
  bytes = Buffer.allocUnsafe(4096);
  length = 0;

  room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + more));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** A zig-zag varint; exact for integers below 2^52, as differences of times of the years 1–9999 are. */
  varint(value: number): void {
    this.room(10);
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    for (; rest > 127; rest = Math.floor(rest / 128)) {
      this.bytes[this.length++] = (rest % 128) | 0x80;
    }
    this.bytes[this.length++] = rest;
  }

  /** Length and bytes; null has length −1. */
  field(bytes: Uint8Array | null): void {
    this.varint(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  clear(): void {
    this.length = 0;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** Encodes records, at least one, as a batch that begins at offset `baseOffset`. */
export function encodeBatch(records: readonly LogRecord[], baseOffset: number): Buffer {
  const batch = new Writer();
  const inner = new Writer();
  const baseTimestamp = records[0]?.timestamp ?? 0;
  let maxTimestamp = baseTimestamp;
  batch.room(HEADER_BYTES);
  batch.length = HEADER_BYTES;
  for (const [index, record] of records.entries()) {
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
    inner.clear();
    inner.varint(0); // attributes: one zero byte
    inner.varint(record.timestamp - baseTimestamp);
    inner.varint(index);
    inner.field(record.key);
    inner.field(record.value);
    inner.varint(record.headers.length);
    for (const [name, value] of record.headers) {
      inner.field(Buffer.from(name, 'utf8'));
      inner.field(value);
    }
    batch.field(inner.written());
  }
  const bytes = batch.written();
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(0, 12); // leader epoch
  bytes.writeInt8(2, 16); // format
  bytes.writeInt16BE(0, 21); // attributes: no compression, time of creation
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), 27);
  bytes.writeBigInt64BE(BigInt(maxTimestamp), 35);
  bytes.fill(0xff, 43, 57); // no producer
  bytes.writeInt32BE(records.length, 57);
  bytes.writeUInt32BE(crc32c(bytes.subarray(CHECKED_AT)), 17);
  return bytes;
}

/** Whether the checksum of a whole batch is right. */
export const isIntact = (batch: Buffer): boolean =>
  batch.readUInt32BE(17) === crc32c(batch.subarray(CHECKED_AT));

/** A record as it is read. */
export interface ReadLogRecord extends LogRecord {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}

/** Reads one batch that `encodeBatch` wrote, with the offset of each record. */
export function decodeBatch(batch: Buffer): ReadLogRecord[] {
  if (!isIntact(batch)) throw new EngineError('ENG_STATE_CORRUPT', 'a topic log is damaged');
  const baseOffset = Number(batch.readBigInt64BE(0));
  const baseTimestamp = Number(batch.readBigInt64BE(27));
  let at = HEADER_BYTES;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = batch[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const field = (): Buffer | null => {
    const length = varint();
    if (length < 0) return null;
    at += length;
    return batch.subarray(at - length, at);
  };
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    varint(); // length of the record
    at += 1; // attributes
    const timestamp = baseTimestamp + varint();
    const offset = baseOffset + varint();
    const key = field();
    const value = field();
    const headers = Array.from(
      { length: varint() },
      () => [field()?.toString('utf8') ?? '', field()] as const,
    );
    return { offset, timestamp, key, value, headers };
  });
}
