/**
 * Records of a slice → columns of a source: scan of what is declared, envelope columns, event time, and the
 * running maximum that lateness is judged by. Record i is row i; rows of what cannot be read are left
 * out of the selection.
 */
import { type BytesVector, type Selection, type Vector, cellOf } from '../engine/core/batch.ts';
import { CsvScan } from '../engine/core/csv/scan.ts';
import { HEADERS_TYPE, NO_HEADERS } from '../engine/core/headers.ts';
import { type ScanColumns, openColumns, vectorOf } from '../engine/core/json/columns.ts';
import { NO_RECORD, type Scan, compileScan } from '../engine/core/json/scan.ts';
import { type Input, openInput } from '../engine/core/json/simd/input.ts';
import { type EventTimeReader, openEventTime } from './event-time.ts';
import type { FieldPlan, MetadataField, SourceNode } from '../engine/plan/planner.ts';
import type { Field } from '../engine/core/json/projection.ts';
import { headersVector } from './headers.ts';
import type { Letters } from './letters.ts';
import type { Slice } from './protocol.ts';
import type { RecordTable } from './records.ts';

/** Rows of one slice. Arrays are reused: valid until the next ones are read. */
export interface Reading {
  /** Rows of the vectors: the records of the table. */
  length: number;
  /** The rows that were read. */
  selection: Selection;
  tombstones: number;
  eventTime: Float64Array;
  /** Greatest event time of the partition before each row, as far as this task knows. */
  before: Float64Array;
  maxEventTime: number;
  /** Greatest event time of the partition so far, as far as this task knows. */
  runningMax: number;
  vectors: (Vector | undefined)[];
}

/** Members of a line that are an archived record's envelope, with their types. */
const KEPT: Readonly<Record<MetadataField, Field['type']>> = {
  _key: 'string',
  _partition: 'long',
  _offset: 'long',
  _timestamp: 'timestamp',
  _headers: HEADERS_TYPE,
};

/** Reads slices of one source; one per thread and source. */
export class SourceReader {
  readonly #source: SourceNode;
  readonly #scan: CsvScan | Scan;
  readonly #columns: ScanColumns;
  /** Scan field of each column, or the envelope field. */
  readonly #from: readonly (number | Exclude<FieldPlan['from'], readonly string[]>)[];
  /** Scan fields of the envelope that an archive keeps in its lines (R10). */
  readonly #kept = new Map<MetadataField, number>();
  readonly #eventTime: EventTimeReader;
  /** Lines have no time of a broker: where no column is named nothing that reads them needs one. */
  readonly #mayLackTime: boolean;
  readonly #reading: Reading;
  /** What became of each record. */
  #codes = new Float64Array(0);
  #rows = new Int32Array(0);

  constructor(source: SourceNode) {
    this.#source = source;
    const fields: Field[] = [];
    this.#from = source.fields.map(({ from, ...field }) =>
      typeof from === 'string' ? from : fields.push({ path: from, ...field }) - 1,
    );
    this.#mayLackTime =
      source.framing === 'lines' &&
      source.eventTime.kind === 'broker' &&
      !this.#from.includes('_timestamp');
    for (const from of source.framing === 'lines' ? this.#from : []) {
      if (typeof from !== 'string' || from === 'event_time') continue;
      const field = { path: [from], type: KEPT[from], required: false };
      this.#kept.set(from, fields.push(field) - 1);
    }
    const { format } = source;
    this.#scan =
      format.kind === 'csv'
        ? new CsvScan(fields, format)
        : compileScan({ fields, validate: format.validate });
    this.#columns = openColumns(fields);
    this.#eventTime = openEventTime(source.eventTime, this.#columns, (slot) => this.#fieldAt(slot));
    this.#reading = {
      length: 0,
      selection: { rows: this.#rows, count: 0 },
      tombstones: 0,
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

  /** Where records are best looked for: the scan reads them there, but of CSV, which gets one of its own. */
  openInput(): Input | null {
    return this.#scan instanceof CsvScan ? openInput() : this.#scan.input;
  }

  /** Starts a slice; the reading is filled by `read`, again and again. */
  begin(slice: Slice): Reading {
    this.#reading.runningMax = slice.maxEventTime;
    if (this.#scan instanceof CsvScan) this.#scan.begin(slice.header ?? []);
    return this.#reading;
  }

  /** Reads all records of a table, the next ones of the slice; what cannot be read becomes a letter. */
  read(table: RecordTable, slice: Slice, letters: Letters): Reading {
    const reading = this.#begin(table);
    this.#scan.open(table.bytes, this.#columns);
    this.#scan.readAll(table, this.#codes);
    reading.selection = { rows: this.#rows, count: this.#readTimes(table, letters) };
    const { columns, fields } = this.#source;
    reading.vectors = [];
    columns.forEach(({ slot }, i) => {
      if (fields[i]?.unread !== true) reading.vectors[slot] = this.#vector(i, table, slice);
    });
    return reading;
  }

  /** Event times of the records that were read; how many there are. */
  #readTimes(table: RecordTable, letters: Letters): number {
    const reading = this.#reading;
    const { eventTime, before } = reading;
    const { maxFutureMs } = this.#source.watermark;
    const rows = this.#rows;
    const codes = this.#codes;
    const timestamps = this.#timestampsOf(table);
    this.#eventTime.readAll({ length: table.length, codes, timestamps }, eventTime);
    let max = reading.runningMax;
    let { maxEventTime } = reading;
    let count = 0;
    for (let i = 0; i < table.length; i++) {
      const code = codes[i] as number;
      if (code === NO_RECORD) {
        reading.tombstones++;
        continue;
      }
      if (code !== 0) {
        letters.add(this.#scan.letterOf(code), this.#scan.reasonText(code), i);
        continue;
      }
      const time = eventTime[i] as number;
      if (Number.isNaN(time) && !this.#mayLackTime) {
        letters.add('EVENT_TIME', this.#eventTime.reason(i), i);
        continue;
      }
      const timestamp = timestamps[i] as number;
      // NaN (no broker timestamp) compares false: nothing is future then (T3).
      if (time > timestamp + maxFutureMs) {
        letters.add('FUTURE', futureReason(time, timestamp), i);
        continue;
      }
      rows[count++] = i;
      before[i] = max;
      if (time > max) max = time;
      if (time > maxEventTime) maxEventTime = time;
    }
    reading.maxEventTime = maxEventTime;
    reading.runningMax = max;
    return count;
  }

  /** Broker timestamps: those that lines have kept come before those of the table. */
  #timestampsOf({ timestamp, length }: RecordTable): Float64Array {
    if (!this.#kept.has('_timestamp')) return timestamp;
    return timestamp.slice(0, length).map((own, row) => this.#keptAt('_timestamp', row) ?? own);
  }

  #begin(table: RecordTable): Reading {
    const reading = this.#reading;
    if (reading.eventTime.length < table.length) {
      this.#codes = new Float64Array(table.length);
      this.#rows = new Int32Array(table.length);
      reading.eventTime = new Float64Array(table.length);
      reading.before = new Float64Array(table.length);
    }
    reading.length = table.length;
    reading.tombstones = 0;
    reading.maxEventTime = -Infinity;
    return reading;
  }

  #vector(column: number, table: RecordTable, slice: Slice): Vector {
    const { length, eventTime } = this.#reading;
    const from = this.#from[column];
    if (typeof from === 'number') return vectorOf(this.#columns, from, length);
    if (from === 'event_time') return { kind: 'number', values: eventTime, valid: null };
    if (from === '_key') return this.#keptText(from) ?? keysOf(table);
    if (from === '_headers') {
      const kept = this.#keptText(from);
      return kept === null
        ? headersVector(table, this.#reading.selection)
        : headersIn(kept, length);
    }
    const values = new Float64Array(length);
    if (from === '_partition') values.fill(slice.partition);
    else values.set((from === '_offset' ? table.offset : table.timestamp).subarray(0, length));
    if (from !== undefined && this.#kept.has(from)) {
      for (let r = 0; r < length; r++) values[r] = this.#keptAt(from, r) ?? (values[r] as number);
    }
    const missing = from === '_timestamp' && values.some(Number.isNaN);
    return { kind: 'number', values, valid: missing ? presentIn(values) : null };
  }

  /** What lines say of an envelope's text; null where records have an envelope of their own. */
  #keptText(name: MetadataField): Vector | null {
    const field = this.#kept.get(name);
    return field === undefined ? null : vectorOf(this.#columns, field, this.#reading.length);
  }

  /** What the line of row r itself says of its envelope. */
  #keptAt(name: MetadataField, row: number): number | undefined {
    const field = this.#kept.get(name);
    if (field === undefined || this.#columns.valid[field]?.[row] === 0) return undefined;
    return this.#columns.values[field]?.[row];
  }
}

const keysOf = ({ bytes, length, keyStart, keyEnd }: RecordTable): BytesVector => ({
  ...{ kind: 'bytes', bytes },
  start: keyStart.slice(0, length),
  end: keyEnd.slice(0, length),
});

/** Headers of lines, of which most have none. */
const headersIn = (kept: Vector, length: number): Vector => ({
  kind: 'text',
  values: Array.from({ length }, (_, row) => (cellOf(kept, row) ?? NO_HEADERS) as string),
});

/** 1 for each value that is a number. */
const presentIn = (values: Float64Array): Uint8Array =>
  Uint8Array.from(values, (value) => Number(!Number.isNaN(value)));

const futureReason = (time: number, timestamp: number): string =>
  `event time is ${String(Math.round((time - timestamp) / 1000))} s after the broker's timestamp`;
