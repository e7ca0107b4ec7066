/**
 * Rows of CSV → columns, straight from the bytes of a row, by the declared types. What is empty and
 * not quoted is null. The text of anything but a string is read as the JSON value it stands for, so
 * that types, their bounds and the words for what does not fit are the same for both encodings.
 */
import { isText, textOf } from '../batch.ts';
import { CellReader } from '../json/cell.ts';
import { growColumns, growHeap, openColumns, type ScanColumns } from '../json/columns.ts';
import { ABSENT } from '../json/places.ts';
import type { Field } from '../json/projection.ts';
import { letterOf as letterOfValue, reasonCode, reasonText } from '../json/reason.ts';
import { NO_RECORD, type RecordScan } from '../json/scan.ts';
import type { Records } from '../json/records.ts';
import { timestampOf } from '../json/timestamp.ts';
import { isUtf8 } from '../json/utf8.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { CsvMarks } from './dialect.ts';
import { FieldReader, WRITTEN } from './fields.ts';
import { valueText } from './value-text.ts';

/** How the rows of a source are written. */
export interface CsvFormat extends CsvMarks {
  /** What stands for null beside nothing at all. */
  readonly nullText: string | null;
  /** False: no first line names the columns, which are those of the schema, in its order. */
  readonly header?: false;
}

/** Kinds of reason beside those of values (json/reason.ts), which end at 12. */
const REASON = {
  /** Detail: fields found. */
  width: 13,
  /** Detail: byte of the row. */
  quote: 14,
  /** Detail: field. */
  encoding: 15,
};

const BLANK = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const NOWHERE = { start: ABSENT, end: ABSENT };

/** A compiled projection of CSV rows: one per thread and source. */
export class CsvScan implements RecordScan {
  readonly #fields: readonly Field[];
  readonly #format: CsvFormat;
  readonly #quote: number;
  readonly #nullBytes: Uint8Array | null;
  readonly #row: FieldReader;
  readonly #cells: CellReader;
  #header: readonly string[] = [];
  /** Where each field stands in a row; −1: nowhere. */
  #places: readonly number[] = [];
  #columns: ScanColumns = openColumns([], 0);
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(fields: readonly Field[], format: CsvFormat) {
    this.#fields = fields;
    this.#format = format;
    this.#quote = format.quote.charCodeAt(0);
    this.#nullBytes = format.nullText === null ? null : encodeUtf8(format.nullText);
    this.#row = new FieldReader(format);
    this.#cells = new CellReader(fields);
  }

  /** Says which columns the rows have that are read next: those of the file's first line. */
  begin(header: readonly string[]): void {
    this.#header = header;
    this.#places = this.#fields.map(({ path }) => header.indexOf(path.join('.')));
  }

  open(bytes: Uint8Array, columns: ScanColumns): void {
    columns.bytes = bytes;
    columns.heapBytes = 0;
    this.#columns = columns;
    this.#bytes = bytes;
    this.#cells.open(columns);
  }

  readAll({ length, valueStart, valueEnd }: Records, codes: Float64Array): void {
    if (length > this.#columns.capacity) growColumns(this.#columns, length);
    for (let row = 0; row < length; row++) {
      const from = valueStart[row] as number;
      const code = from < 0 ? NO_RECORD : this.#readRow(from, valueEnd[row] as number, row);
      codes[row] = code;
      if (code !== 0)
        for (const start of this.#columns.start) if (start.length > 0) start[row] = -1;
    }
  }

  reasonText(code: number): string {
    const detail = Math.floor(code / 16);
    const kind = code % 16;
    if (kind === REASON.width) {
      const fields = detail === 1 ? '1 field' : `${detail} fields`;
      const wanted = this.#format.header === false ? 'schema' : 'header';
      return `not a row of this file: it has ${fields}, the ${wanted} ${this.#header.length}`;
    }
    if (kind === REASON.quote) {
      return `not CSV: a quoted field does not end with its quote at byte ${detail}`;
    }
    if (kind === REASON.encoding) {
      return `field ${this.#fields[detail]?.path.join('.') ?? ''}: not UTF-8`;
    }
    return reasonText(code, this.#fields);
  }

  letterOf(code: number): 'DECODE' | 'SCHEMA' {
    return code % 16 >= REASON.width ? 'DECODE' : letterOfValue(code);
  }

  #readRow(from: number, to: number, row: number): number {
    const columns = this.#columns;
    const heapBytes = columns.heapBytes;
    const width = this.#row.read(this.#bytes, from, to);
    let code = 0;
    if (this.#row.brokenAt >= 0) code = reasonCode(REASON.quote, this.#row.brokenAt - from);
    else if (width !== this.#header.length) code = reasonCode(REASON.width, width);
    for (let field = 0; code === 0 && field < this.#fields.length; field++) {
      code = this.#readField(field, row);
    }
    if (code !== 0) columns.heapBytes = heapBytes;
    return code;
  }

  #readField(field: number, row: number): number {
    const place = this.#places[field] as number;
    if (place < 0) return this.#readNull(field, row);
    const { starts, ends, written } = this.#row;
    if ((this.#fields[field] as Field).type === 'string') {
      const isPlain = written[place] === WRITTEN.plain;
      const isNull = isPlain && this.#isNull(starts[place] as number, ends[place] as number);
      return isNull ? this.#readNull(field, row) : this.#readText(field, row, place);
    }
    return this.#readValue(field, row, place);
  }

  #readNull(field: number, row: number): number {
    return this.#cells.readOne(field, NOWHERE, 0, row);
  }

  #isNull(start: number, end: number): boolean {
    if (start === end) return true;
    const text = this.#nullBytes;
    if (text?.length !== end - start) return false;
    for (let i = 0; i < text.length; i++) if (this.#bytes[start + i] !== text[i]) return false;
    return true;
  }

  #readText(field: number, row: number, place: number): number {
    const columns = this.#columns;
    const start = this.#row.starts[place] as number;
    const end = this.#row.ends[place] as number;
    if (!isUtf8(this.#bytes, start, end)) return reasonCode(REASON.encoding, field);
    (columns.valid[field] as Uint8Array)[row] = 1;
    const isDoubled = this.#row.written[place] === WRITTEN.doubled;
    const starts = columns.start[field] as Int32Array;
    starts[row] = isDoubled ? -2 - columns.heapBytes : start;
    if (isDoubled) this.#undouble(start, end);
    (columns.end[field] as Int32Array)[row] = isDoubled ? columns.heapBytes : end;
    return 0;
  }

  /** Appends the text of a field to the heap, each two of its quotes as one. */
  #undouble(start: number, end: number): void {
    const columns = this.#columns;
    growHeap(columns, end - start);
    let used = columns.heapBytes;
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at] as number;
      columns.heap[used++] = byte;
      if (byte === this.#quote) at++;
    }
    columns.heapBytes = used;
  }

  /** Anything but text; blanks around it are nothing. */
  #readValue(field: number, row: number, place: number): number {
    const bytes = this.#bytes;
    let start = this.#row.starts[place] as number;
    let end = this.#row.ends[place] as number;
    while (start < end && bytes[start] === BLANK) start++;
    while (start < end && bytes[end - 1] === BLANK) end--;
    if (this.#isNull(start, end)) return this.#readNull(field, row);
    if (this.#readQuickly(field, row, { start, end })) return 0;
    if (!isUtf8(bytes, start, end)) return reasonCode(REASON.encoding, field);
    const text = textOf(bytes, start, end);
    const isDoubled = this.#row.written[place] === WRITTEN.doubled;
    const { quote } = this.#format;
    return this.#readAsJson(field, row, isDoubled ? text.replaceAll(quote + quote, quote) : text);
  }

  /** Numbers and times as they are written most; false for all else, which is nothing yet. */
  #readQuickly(field: number, row: number, place: { start: number; end: number }): boolean {
    const { type } = this.#fields[field] as Field;
    if (type === 'bool' || isText(type)) return false;
    if (type !== 'timestamp') {
      const byte = this.#bytes[place.start] as number;
      const isNumber = byte === MINUS || (byte >= ZERO && byte <= NINE);
      return isNumber && this.#cells.readOne(field, place, 0, row) === 0;
    }
    const time = timestampOf(this.#bytes, place.start, place.end);
    if (Number.isNaN(time)) return false;
    (this.#columns.values[field] as Float64Array)[row] = time;
    (this.#columns.valid[field] as Uint8Array)[row] = 1;
    return true;
  }

  #readAsJson(field: number, row: number, text: string): number {
    const value = encodeUtf8(valueText(text, (this.#fields[field] as Field).type));
    this.#columns.bytes = value;
    const code = this.#cells.readOne(field, { start: 0, end: value.length }, 0, row);
    this.#columns.bytes = this.#bytes;
    return code;
  }
}
