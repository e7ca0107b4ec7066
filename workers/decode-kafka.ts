/**
 * Framing `kafka-v2`: a run of Kafka record batches, format 2, as fetched.
 *
 * Batch header, 61 bytes (Kafka protocol guide, "Record Batch"): baseOffset i64 @0, length i32 @8,
 * leader epoch i32 @12, magic i8 @16, crc u32 @17, attributes i16 @21, lastOffsetDelta i32 @23,
 * baseTimestamp i64 @27, maxTimestamp i64 @35, producer id i64 @43, epoch i16 @51, sequence i32 @53,
 * count i32 @57; then records of zig-zag varints: length, attributes i8, timestampDelta, offsetDelta,
 * key length, key, value length, value, headers.
 */
import { EngineError } from '../engine/errors.ts';
import { decompress } from './decompress.ts';
import type { Slice } from './protocol.ts';
import type { RecordTable } from './records.ts';

const HEADER_BYTES = 61;
const CACHE_LINE_BYTES = 64;
const CONTROL = 0x20;
const LOG_APPEND_TIME = 0x08;

interface Batch {
  readonly at: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly crc: number;
  readonly codec: number;
  readonly control: boolean;
  readonly appendTime: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly count: number;
}

/**
 * Fills `table` with the records of a slice from `slice.firstOffset` on, a portion of about
 * `portionBytes` at a time: what the consumer does with a portion it does while the bytes are still
 * in the processor's cache. The table is valid until the next portion. A partial batch at the end is
 * ignored. Throws EngineError ENG_KAFKA_FORMAT for batches older than format 2.
 */
export function* decodeKafka(
  bytes: Uint8Array,
  slice: Slice,
  table: RecordTable,
  portionBytes: number,
): Generator<RecordTable> {
  const batches = batchesOf(bytes, slice);
  const inflated = batches.some((batch) => batch.codec !== 0 && !batch.control);
  const last = batches.at(-1);
  table.lastBatch = last === undefined ? null : { baseOffset: last.baseOffset, crc: last.crc };
  const { arena, starts } = inflated ? inflate(bytes, batches) : { arena: bytes, starts: null };
  table.clear(arena);
  let left = portionBytes;
  for (const [i, batch] of batches.entries()) {
    if (batch.control) continue;
    const cursor = { at: starts?.[i] ?? batch.at + HEADER_BYTES, left: batch.count };
    while (cursor.left > 0) {
      const from = cursor.at;
      table.touched ^= prefetch(arena, from, from + left);
      readRecords(batch, cursor, { slice, table, stop: from + left });
      left -= cursor.at - from;
      if (left > 0) continue;
      yield table;
      table.clear(arena);
      left = portionBytes;
    }
  }
  if (table.length > 0) yield table;
}

function batchesOf(bytes: Uint8Array, slice: Slice): Batch[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stop = slice.start + slice.length;
  const batches: Batch[] = [];
  for (let at = slice.start; at + HEADER_BYTES <= stop;) {
    const end = at + 12 + view.getInt32(at + 8);
    if (end > stop) break;
    const magic = view.getInt8(at + 16);
    if (magic !== 2) throw oldFormat(magic, slice.partition);
    const attributes = view.getInt16(at + 21);
    batches.push({
      at,
      end,
      baseOffset: Number(view.getBigInt64(at)),
      crc: view.getUint32(at + 17),
      codec: attributes & 7,
      control: (attributes & CONTROL) !== 0,
      appendTime: (attributes & LOG_APPEND_TIME) !== 0,
      baseTimestamp: Number(view.getBigInt64(at + 27)),
      maxTimestamp: Number(view.getBigInt64(at + 35)),
      count: view.getInt32(at + 57),
    });
    at = end;
  }
  return batches;
}

const oldFormat = (magic: number, partition: number): EngineError =>
  new EngineError(
    'ENG_KAFKA_FORMAT',
    `partition ${String(partition)} holds message format ${String(magic)}; format 2 (Kafka 0.11 and newer) is needed`,
  );

/** The records sections of all batches, decompressed, one after the other, and where each starts. */
function inflate(bytes: Uint8Array, batches: Batch[]): { arena: Uint8Array; starts: number[] } {
  const sections = batches.map((batch) => {
    const section = bytes.subarray(batch.at + HEADER_BYTES, batch.end);
    return batch.control || batch.codec === 0 ? section : decompress(batch.codec, section);
  });
  const arena = new Uint8Array(sections.reduce((sum, section) => sum + section.length, 0));
  const starts: number[] = [];
  let at = 0;
  for (const section of sections) {
    arena.set(section, at);
    starts.push(at);
    at += section.length;
  }
  return { arena, starts };
}

/** Position after the varint read last; a module variable so that reading allocates nothing. */
let position = 0;

function varint(bytes: Uint8Array, at: number): number {
  let byte = bytes[at++] as number;
  let value = byte & 0x7f;
  for (let shift = 7; byte > 0x7f && shift < 28; shift += 7) {
    byte = bytes[at++] as number;
    value |= (byte & 0x7f) << shift;
  }
  if (byte > 0x7f) return wideVarint(bytes, at, value);
  position = at;
  return (value >>> 1) ^ -(value & 1);
}

/** Beyond 28 bits (timestamps far apart): in doubles, exact to 2^53. */
function wideVarint(bytes: Uint8Array, at: number, low: number): number {
  let value = low;
  let scale = 2 ** 28;
  let byte = 0x80;
  while (byte > 0x7f) {
    byte = bytes[at++] as number;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  }
  position = at;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Where reading a batch has got, and how many of its records are left. */
interface Cursor {
  at: number;
  left: number;
}

/** Reads records up to the first that begins at `stop` or behind it; at least one. */
function readRecords(
  batch: Batch,
  cursor: Cursor,
  { slice, table, stop }: { slice: Slice; table: RecordTable; stop: number },
): void {
  table.reserve(cursor.left);
  const { bytes, offset, timestamp, keyStart, keyEnd, valueStart, valueEnd } = table;
  const { baseOffset, baseTimestamp } = batch;
  let row = table.length;
  let { at, left } = cursor;
  do {
    const length = varint(bytes, at);
    const end = position + length;
    const timestampDelta = varint(bytes, position + 1);
    const recordOffset = baseOffset + varint(bytes, position);
    const keyLength = varint(bytes, position);
    const keyAt = position;
    const valueLength = varint(bytes, keyLength > 0 ? keyAt + keyLength : keyAt);
    const valueAt = position;
    if (end > bytes.length || valueAt + valueLength > end) throw truncated(recordOffset, slice);
    at = end;
    left--;
    // A batch may begin before the slice and, when it is read again, end after it.
    if (recordOffset < slice.firstOffset || recordOffset >= slice.nextOffset) continue;
    offset[row] = recordOffset;
    timestamp[row] = batch.appendTime ? batch.maxTimestamp : baseTimestamp + timestampDelta;
    keyStart[row] = keyLength < 0 ? -1 : keyAt;
    keyEnd[row] = keyAt + Math.max(keyLength, 0);
    valueStart[row] = valueLength < 0 ? -1 : valueAt;
    valueEnd[row] = valueAt + Math.max(valueLength, 0);
    row++;
  } while (left > 0 && at < stop);
  table.length = row;
  cursor.at = at;
  cursor.left = left;
}

const truncated = (offset: number, slice: Slice): EngineError =>
  new EngineError(
    'ENG_KAFKA_FORMAT',
    `record ${String(offset)} of partition ${String(slice.partition)} runs past its batch`,
  );

/**
 * Brings bytes into the processor's cache. Records are found one by the other: without it each waits
 * for the memory where the one before it ends; these loads wait for nothing and overlap. Returns
 * what a caller must keep, or the loop would be optimised away.
 */
function prefetch(bytes: Uint8Array, from: number, stop: number): number {
  const end = Math.min(stop, bytes.length);
  let mixed = 0;
  for (let at = from; at < end; at += CACHE_LINE_BYTES) mixed ^= bytes[at] as number;
  return mixed;
}
