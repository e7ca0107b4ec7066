/**
 * The records of one slice as byte ranges. One table a thread is filled again and again: ranges are
 * valid until the next `clear`.
 */
import type { Slice } from './protocol.ts';

/**
 * Fills a table with the records of a slice, a portion at a time, whatever their framing. The table is
 * valid until the next portion.
 */
export type Decode = (
  bytes: Uint8Array,
  slice: Slice,
  table: RecordTable,
  portionBytes: number,
) => Generator<RecordTable>;

/** The columns of a table, with room for rows. */
interface Columns {
  readonly offset: Float64Array;
  readonly timestamp: Float64Array;
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
}

/** Ranges of records; record i is row i of every array. `valueStart[i] < 0` is a tombstone. */
export class RecordTable {
  length = 0;
  /** What the ranges point into: the frame's buffer, or an arena of decompressed batches. */
  bytes: Uint8Array = new Uint8Array(0);
  offset = new Float64Array(1024);
  /** Broker timestamp, epoch ms; NaN where there is none (lines). */
  timestamp = new Float64Array(1024);
  keyStart = new Int32Array(1024);
  keyEnd = new Int32Array(1024);
  valueStart = new Int32Array(1024);
  valueEnd = new Int32Array(1024);
  /** Whether the headers of a record are behind its value, see headers.ts. */
  hasHeaders = false;
  /** Base offset and crc of the last batch walked (R1). */
  lastBatch: { baseOffset: number; crc: number } | null = null;

  clear(bytes: Uint8Array): void {
    this.length = 0;
    this.bytes = bytes;
  }

  /** Adds the first `count` rows of columns. */
  add(columns: Columns, count: number): void {
    this.reserve(count);
    const row = this.length;
    this.offset.set(columns.offset.subarray(0, count), row);
    this.timestamp.set(columns.timestamp.subarray(0, count), row);
    this.keyStart.set(columns.keyStart.subarray(0, count), row);
    this.keyEnd.set(columns.keyEnd.subarray(0, count), row);
    this.valueStart.set(columns.valueStart.subarray(0, count), row);
    this.valueEnd.set(columns.valueEnd.subarray(0, count), row);
    this.length += count;
  }

  /** Makes room for `count` more records. */
  reserve(count: number): void {
    const need = this.length + count;
    if (need <= this.offset.length) return;
    const capacity = Math.max(need, this.offset.length * 2);
    this.offset = grow(this.offset, new Float64Array(capacity));
    this.timestamp = grow(this.timestamp, new Float64Array(capacity));
    this.keyStart = grow(this.keyStart, new Int32Array(capacity));
    this.keyEnd = grow(this.keyEnd, new Int32Array(capacity));
    this.valueStart = grow(this.valueStart, new Int32Array(capacity));
    this.valueEnd = grow(this.valueEnd, new Int32Array(capacity));
  }
}

function grow<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
