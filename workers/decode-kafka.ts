/**
 * Framing `kafka-v2`: a run of Kafka record batches, format 2, as fetched.
 *
 * Batch header, 61 bytes (Kafka protocol guide, "Record Batch"): baseOffset i64 @0, length i32 @8,
 * leader epoch i32 @12, magic i8 @16, crc u32 @17, attributes i16 @21, lastOffsetDelta i32 @23,
 * baseTimestamp i64 @27, maxTimestamp i64 @35, producer id i64 @43, epoch i16 @51, sequence i32 @53,
 * count i32 @57; then records of zig-zag varints: length, attributes i8, timestampDelta, offsetDelta,
 * key length, key, value length, value, headers.
 */
import type { Input } from '../engine/core/json/simd/input.ts';
import { EngineError } from '../engine/errors.ts';
import { decompress } from './decompress.ts';
import type { Slice } from './protocol.ts';
import type { Decode, RecordTable } from './records.ts';
import { openWalk, type Walk } from './walk.ts';

const HEADER_BYTES = 61;
const CONTROL = 0x20;
const LOG_APPEND_TIME = 0x08;

/** A record batch in the bytes of a slice: positions, and what its header says. */
export interface Batch {
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
 * Builds what fills `table` with the records of a slice from `slice.firstOffset` on, a portion of
 * about `portionBytes` at a time: what the consumer does with a portion it does while the bytes are
 * still in the processor's cache, or in `input`. The table is valid until the next portion. A partial
 * batch at the end is ignored. Throws EngineError ENG_KAFKA_FORMAT for batches older than format 2.
 */
export function openKafka(input: Input | null): Decode {
  const walk = input === null ? null : openWalk(input);
  return (bytes, slice, table, portionBytes) =>
    decodeKafka(bytes, { slice, table, portionBytes, walk });
}

function* decodeKafka(
  bytes: Uint8Array,
  {
    slice,
    table,
    portionBytes,
    walk,
  }: { slice: Slice; table: RecordTable; portionBytes: number; walk: Walk | null },
): Generator<RecordTable> {
  const batches = batchesOf(bytes, slice);
  const inflated = batches.some((batch) => batch.codec !== 0 && !batch.control);
  const last = batches.at(-1);
  table.lastBatch = last === undefined ? null : { baseOffset: last.baseOffset, crc: last.crc };
  table.hasHeaders = true;
  const { arena, starts } = inflated ? inflate(bytes, batches) : { arena: bytes, starts: null };
  table.clear(arena);
  let left = portionBytes;
  for (const [i, batch] of batches.entries()) {
    if (batch.control) continue;
    const cursor = { at: starts?.[i] ?? batch.at + HEADER_BYTES, left: batch.count };
    while (cursor.left > 0) {
      const from = cursor.at;
      const portion = { slice, table, stop: from + left };
      while (cursor.left > 0 && cursor.at < portion.stop) {
        if (walk === null || walk(batch, cursor, portion) === 0) readRecord(batch, cursor, portion);
      }
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

/** Where the varint ends that was read last. */
export const varintEnd = (): number => position;

/** The zig-zag varint that begins at `at`. */
export function varint(bytes: Uint8Array, at: number): number {
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
export interface Cursor {
  at: number;
  left: number;
}

/** What is read at a time: the records of a slice that begin before `stop`. */
export interface Portion {
  readonly slice: Slice;
  readonly table: RecordTable;
  readonly stop: number;
}

/** Reads the next record, whatever it is: the plain way. */
function readRecord(batch: Batch, cursor: Cursor, { slice, table }: Portion): void {
  table.reserve(1);
  const { bytes, offset, timestamp, keyStart, keyEnd, valueStart, valueEnd } = table;
  const length = varint(bytes, cursor.at);
  const end = position + length;
  const timestampDelta = varint(bytes, position + 1);
  const recordOffset = batch.baseOffset + varint(bytes, position);
  const keyLength = varint(bytes, position);
  const keyAt = position;
  const valueLength = varint(bytes, keyLength > 0 ? keyAt + keyLength : keyAt);
  const valueAt = position;
  if (end > bytes.length || valueAt + valueLength > end) throw truncated(recordOffset, slice);
  cursor.at = end;
  cursor.left--;
  // A batch may begin before the slice and, when it is read again, end after it.
  if (recordOffset < slice.firstOffset || recordOffset >= slice.nextOffset) return;
  const row = table.length++;
  offset[row] = recordOffset;
  timestamp[row] = batch.appendTime ? batch.maxTimestamp : batch.baseTimestamp + timestampDelta;
  keyStart[row] = keyLength < 0 ? -1 : keyAt;
  keyEnd[row] = keyAt + Math.max(keyLength, 0);
  valueStart[row] = valueLength < 0 ? -1 : valueAt;
  valueEnd[row] = valueAt + Math.max(valueLength, 0);
}

const truncated = (offset: number, slice: Slice): EngineError =>
  new EngineError(
    'ENG_KAFKA_FORMAT',
    `record ${String(offset)} of partition ${String(slice.partition)} runs past its batch`,
  );
