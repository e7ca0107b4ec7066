/**
 * Records of a slice → columns of a source: projected scan, envelope columns, event time, and the
 * running maximum that lateness is judged by.
 *
 * A record that fails leaves no row: the next one is written over it.
 */
import type { BytesVector, Vector } from '../engine/core/batch.ts';
import { type ScanColumns, openColumns, vectorOf } from '../engine/core/json/columns.ts';
import { type Scan, compileScan } from '../engine/core/json/scan.ts';
import { type EventTimeReader, openEventTime } from './event-time.ts';
import type { FieldPlan, MetadataField, SourceNode } from '../engine/plan/planner.ts';
import type { Letters } from './letters.ts';
import type { Slice } from './protocol.ts';
import type { RecordTable } from './records.ts';

/** Rows of one slice. Arrays are reused: valid until the next ones are read. */
export interface Reading {
  /** Rows read; row r is record `record[r]` of the table. */
  rows: number;
  tombstones: number;
  record: Int32Array;
  eventTime: Float64Array;
  /** Greatest event time of the partition before each row, as far as this task knows. */
  before: Float64Array;
  maxEventTime: number;
  /** Greatest event time of the partition so far, as far as this task knows. */
  runningMax: number;
  vectors: (Vector | undefined)[];
}

/** Reads slices of one source; one per thread and source. */
export class SourceReader {
  readonly #source: SourceNode;
  readonly #scan: Scan;
  readonly #columns: ScanColumns;
  /** Scan field of each column, or the envelope field. */
  readonly #from: readonly (number | MetadataField)[];
  /** Scan fields of the envelope that an archive keeps in its lines (R10). */
  readonly #kept = new Map<MetadataField, number>();
  readonly #eventTime: EventTimeReader;
  readonly #reading: Reading;

  constructor(source: SourceNode) {
    this.#source = source;
    const fields: { path: readonly string[]; type: FieldPlan['type']; required: boolean }[] = [];
    this.#from = source.fields.map(({ from, type, required }) =>
      typeof from === 'string' ? from : fields.push({ path: from, type, required }) - 1,
    );
    for (const from of source.framing === 'lines' ? this.#from : []) {
      if (typeof from !== 'string' || from === '_key') continue;
      const type = from === '_timestamp' ? 'timestamp' : 'long';
      this.#kept.set(from, fields.push({ path: [from], type, required: false }) - 1);
    }
    this.#scan = compileScan({ fields, validate: source.format.validate });
    this.#columns = openColumns(fields);
    this.#eventTime = openEventTime(source.eventTime, this.#columns, (slot) => this.#fieldAt(slot));
    this.#reading = {
      rows: 0,
      tombstones: 0,
      record: new Int32Array(0),
      eventTime: new Float64Array(0),
      before: new Float64Array(0),
      maxEventTime: -Infinity,
      runningMax: -Infinity,
      vectors: [],
    };
  }

  #fieldAt(slot: number): number {
    const from = this.#from[slot];
    if (typeof from !== 'number') throw new Error(`slot ${String(slot)} is no field of the record`);
    return from;
  }

  /** Starts a slice; the reading is filled by `read`, again and again. */
  begin(slice: Slice): Reading {
    this.#reading.runningMax = slice.maxEventTime;
    return this.#reading;
  }

  /** Reads all records of a table, the next ones of the slice; what cannot be read becomes a letter. */
  read(table: RecordTable, slice: Slice, letters: Letters): Reading {
    const reading = this.#begin(table);
    const { record, eventTime, before } = reading;
    const { maxFutureMs } = this.#source.watermark;
    let max = reading.runningMax;
    let row = 0;
    this.#scan.open(table.bytes, this.#columns);
    for (let i = 0; i < table.length; i++) {
      const from = table.valueStart[i] as number;
      if (from < 0) {
        reading.tombstones++;
        continue;
      }
      const code = this.#scan.read(from, table.valueEnd[i] as number, row);
      if (code !== 0) {
        letters.add(this.#scan.letterOf(code), this.#scan.reasonText(code), i);
        continue;
      }
      const timestamp = this.#keptAt('_timestamp', row) ?? table.timestamp[i] ?? NaN;
      const time = this.#eventTime.read(row, timestamp);
      if (Number.isNaN(time)) {
        letters.add('EVENT_TIME', this.#eventTime.reason(row), i);
        continue;
      }
      // NaN (no broker timestamp) compares false: nothing is future then (T3).
      if (time > timestamp + maxFutureMs) {
        letters.add('FUTURE', futureReason(time, timestamp), i);
        continue;
      }
      record[row] = i;
      eventTime[row] = time;
      before[row] = max;
      if (time > max) max = time;
      if (time > reading.maxEventTime) reading.maxEventTime = time;
      row++;
    }
    reading.rows = row;
    reading.runningMax = max;
    reading.vectors = this.#source.columns.map((_, slot) => this.#vector(slot, table, slice));
    return reading;
  }

  #begin(table: RecordTable): Reading {
    const reading = this.#reading;
    if (reading.record.length < table.length) {
      reading.record = new Int32Array(table.length);
      reading.eventTime = new Float64Array(table.length);
      reading.before = new Float64Array(table.length);
    }
    reading.tombstones = 0;
    reading.maxEventTime = -Infinity;
    return reading;
  }

  #vector(slot: number, table: RecordTable, slice: Slice): Vector {
    const { rows } = this.#reading;
    const from = this.#from[slot];
    if (typeof from === 'number') return vectorOf(this.#columns, from, rows);
    if (from === '_key') return this.#keys(table);
    const values = new Float64Array(rows);
    if (from === '_partition') values.fill(slice.partition);
    else {
      const column = from === '_offset' ? table.offset : table.timestamp;
      for (let r = 0; r < rows; r++)
        values[r] = column[this.#reading.record[r] as number] as number;
    }
    if (from !== undefined && this.#kept.has(from)) {
      for (let r = 0; r < rows; r++) values[r] = this.#keptAt(from, r) ?? (values[r] as number);
    }
    const missing = from === '_timestamp' && values.some(Number.isNaN);
    return { kind: 'number', values, valid: missing ? presentIn(values) : null };
  }

  /** What the line of row r itself says of its envelope. */
  #keptAt(name: MetadataField, row: number): number | undefined {
    const field = this.#kept.get(name);
    if (field === undefined || this.#columns.valid[field]?.[row] === 0) return undefined;
    return this.#columns.values[field]?.[row];
  }

  #keys(table: RecordTable): BytesVector {
    const { rows, record } = this.#reading;
    const start = new Int32Array(rows);
    const end = new Int32Array(rows);
    for (let r = 0; r < rows; r++) {
      start[r] = table.keyStart[record[r] as number] as number;
      end[r] = table.keyEnd[record[r] as number] as number;
    }
    return { kind: 'bytes', bytes: table.bytes, start, end };
  }
}

/** 1 for each value that is a number. */
const presentIn = (values: Float64Array): Uint8Array =>
  Uint8Array.from(values, (value) => Number(!Number.isNaN(value)));

const futureReason = (time: number, timestamp: number): string =>
  `event time is ${String(Math.round((time - timestamp) / 1000))} s after the broker's timestamp`;
