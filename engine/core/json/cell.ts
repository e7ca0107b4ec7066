/**
 * The values of one record into one row, by the declared types. There is no coercion: a number in
 * quotes is text.
 */
import { elementOf, type ElementType } from '../array.ts';
import { isArray, textOf } from '../batch.ts';
import { encodeUtf8 } from '../utf8.ts';
import { readArray } from './array-value.ts';
import { growHeap, openColumns } from './columns.ts';
import type { ScanColumns } from './columns.ts';
import { NumberReader } from './number.ts';
import { ABSENT } from './places.ts';
import type { Places } from './places.ts';
import type { Field } from './projection.ts';
import { brokenAt, foundAt, OTHER, REASON, reasonCode } from './reason.ts';
import { checkString, decodeText, plainText } from './text.ts';
import { MAX_TIME_MS, timestampOf } from './timestamp.ts';
import { Validator } from './validate.ts';

/** Numbers of the types, in the order of the tests below. */
const TYPES = ['double', 'float', 'int', 'long', 'timestamp', 'bool', 'string'];
const [DOUBLE, FLOAT, INT, LONG, TIMESTAMP, BOOL, STRING, ARRAY] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Where one value is. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** Reads values into cells of the columns it was opened with. */
export class CellReader {
  readonly #types: Uint8Array;
  readonly #required: Uint8Array;
  readonly #unread: readonly boolean[];
  /** Of arrays what is in them, by field. */
  readonly #elements: readonly (ElementType | null)[];
  readonly #number = new NumberReader();
  readonly #validator = new Validator();
  #columns: ScanColumns;

  constructor(fields: readonly Field[]) {
    this.#types = Uint8Array.from(fields, ({ type }) =>
      isArray(type) ? ARRAY : TYPES.indexOf(type),
    );
    this.#elements = fields.map(({ type }) => (isArray(type) ? elementOf(type) : null));
    this.#required = Uint8Array.from(fields, (field) => (field.required ? 1 : 0));
    this.#unread = fields.map(({ unread = false }) => unread);
    this.#columns = openColumns([], 0);
  }

  /** Reads from `columns.bytes` into `columns` from now on. */
  open(columns: ScanColumns): void {
    this.#columns = columns;
  }

  /**
   * Reads the fields of the record that starts at `from` into row `row`; returns 0, or the code of
   * the first that does not fit. Each place must be one token (to the closing quote of text, to the
   * last byte of a number or word) or the start of an array or object.
   */
  read(places: Places, from: number, row: number): number {
    const { start, end } = places;
    for (let field = 0; field < this.#types.length; field++) {
      const failure = this.#readField(field, start[field] as number, end[field] as number, row);
      if (failure !== 0) {
        const place = { start: start[field] as number, end: end[field] as number };
        return this.#reasonOf(failure, field, place, from);
      }
    }
    return 0;
  }

  /** As `read`, one field that is bytes[place.start, place.end), or ABSENT. */
  readOne(field: number, place: Place, from: number, row: number): number {
    const failure = this.#readField(field, place.start, place.end, row);
    return failure === 0 ? 0 : this.#reasonOf(failure, field, place, from);
  }

  /** Reads one value into its cell; 0, or a kind of reason. */
  #readField(field: number, p: number, end: number, row: number): number {
    const { bytes, valid, values } = this.#columns;
    const type = this.#types[field] as number;
    const byte = p === ABSENT ? 0x6e : (bytes[p] as number);
    if (byte === 0x6e /* n */) return this.#readNull(field, p, end, row);
    if (type === STRING) return byte === 0x22 ? this.#readText(field, p, end, row) : REASON.type;
    if (type === ARRAY) return byte === 0x5b ? this.#readArray(field, p, end, row) : REASON.type;
    if (type === BOOL || (byte !== 0x2d && (byte < 0x30 || byte > 0x39))) {
      return this.#readOther(field, p, end, row);
    }
    const number = this.#number;
    if (number.read(bytes, p, end) !== end) return REASON.byte;
    const failure = type === DOUBLE && number.value - number.value === 0 ? 0 : this.#check(type);
    (values[field] as Float64Array)[row] = number.value;
    (valid[field] as Uint8Array)[row] = 1;
    return failure;
  }

  #readNull(field: number, p: number, end: number, row: number): number {
    const bytes = this.#columns.bytes;
    if (p !== ABSENT) {
      const isNull = bytes[p + 1] === 0x75 && bytes[p + 2] === 0x6c && bytes[p + 3] === 0x6c;
      if (!isNull || end !== p + 4) return REASON.byte;
    }
    (this.#columns.valid[field] as Uint8Array)[row] = 0;
    if ((this.#types[field] as number) >= STRING)
      (this.#columns.start[field] as Int32Array)[row] = -1;
    else (this.#columns.values[field] as Float64Array)[row] = 0;
    return this.#required[field] === 1 ? REASON.missing : 0;
  }

  /** Text from its opening quote at `p` to after its closing quote. */
  #readText(field: number, p: number, end: number, row: number): number {
    const columns = this.#columns;
    (columns.valid[field] as Uint8Array)[row] = 1;
    if (plainText(columns.bytes, p + 1, end) === end - 1) {
      (columns.start[field] as Int32Array)[row] = p + 1;
      (columns.end[field] as Int32Array)[row] = end - 1;
      return 0;
    }
    const heapBytes = columns.heapBytes;
    (columns.start[field] as Int32Array)[row] = -2 - heapBytes;
    const failure = decodeText(columns, p + 1, end) === end ? 0 : REASON.byte;
    (columns.end[field] as Int32Array)[row] = columns.heapBytes;
    if (this.#unread[field] === true) columns.heapBytes = heapBytes;
    return failure;
  }

  /** An array from its bracket at `p` to after the other one, in its one spelling. */
  #readArray(field: number, p: number, end: number, row: number): number {
    const columns = this.#columns;
    if (this.#validator.value(columns.bytes, p, end) !== end) return REASON.byte;
    const values = JSON.parse(textOf(columns.bytes, p, end)) as readonly unknown[];
    const text = readArray(this.#elements[field] as ElementType, values);
    if (typeof text === 'number') return text;
    if (this.#unread[field] === true) return 0;
    const bytes = encodeUtf8(text);
    growHeap(columns, bytes.length);
    columns.heap.set(bytes, columns.heapBytes);
    (columns.valid[field] as Uint8Array)[row] = 1;
    (columns.start[field] as Int32Array)[row] = -2 - columns.heapBytes;
    columns.heapBytes += bytes.length;
    (columns.end[field] as Int32Array)[row] = columns.heapBytes;
    return 0;
  }

  /** Bools, timestamps as text, and what does not fit. */
  #readOther(field: number, p: number, end: number, row: number): number {
    const type = this.#types[field];
    const columns = this.#columns;
    const byte = columns.bytes[p];
    (columns.valid[field] as Uint8Array)[row] = 1;
    if (type === TIMESTAMP && byte === 0x22 /* " */) {
      const time = this.#timeOf(p + 1, end);
      (columns.values[field] as Float64Array)[row] = time;
      return time === time ? 0 : REASON.zone;
    }
    if (type !== BOOL || (byte !== 0x74 && byte !== 0x66)) return REASON.type;
    (columns.values[field] as Float64Array)[row] = byte === 0x74 ? 1 : 0;
    const word = byte === 0x74 ? 'true' : 'false';
    if (end - p !== word.length) return REASON.byte;
    for (let i = 1; i < word.length; i++) {
      if (columns.bytes[p + i] !== word.charCodeAt(i)) return REASON.byte;
    }
    return 0;
  }

  /** Epoch ms of ISO text after its opening quote, NaN if it is no such text. */
  #timeOf(p: number, end: number): number {
    const columns = this.#columns;
    if (plainText(columns.bytes, p, end) === end - 1) return timestampOf(columns.bytes, p, end - 1);
    const start = columns.heapBytes;
    const decoded = decodeText(columns, p, end);
    const time = decoded === end ? timestampOf(columns.heap, start, columns.heapBytes) : NaN;
    columns.heapBytes = start;
    return time;
  }

  /** Checks the range of the number just read, and rounds floats. */
  #check(type: number): number {
    const value = this.#number.value;
    if (type === FLOAT) this.#number.value = Math.fround(value);
    if (!Number.isFinite(this.#number.value)) return REASON.range;
    if (type === FLOAT || (type === INT && (value | 0) === value)) return 0;
    if (Math.trunc(value) !== value) return REASON.fraction;
    if (type === INT) return REASON.range;
    if (type === LONG) return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? 0 : REASON.exact;
    return Math.abs(value) <= MAX_TIME_MS ? 0 : REASON.range;
  }

  /** The reason code for a kind of failure of a field. */
  #reasonOf(kind: number, field: number, { start: p, end: to }: Place, from: number): number {
    const bytes = this.#columns.bytes;
    const found = foundAt(bytes[p]);
    if (kind === REASON.type && found !== OTHER) return reasonCode(kind, field * 16 + found);
    if (found === 4 && kind === REASON.byte) {
      return brokenAt(bytes, ~this.#validator.value(bytes, p, to), from, to);
    }
    const at = found === 3 ? checkString(bytes, p + 1, to) : this.#number.read(bytes, p, to);
    if (kind === REASON.byte || kind === REASON.type || (kind === REASON.zone && at < 0)) {
      return brokenAt(bytes, at < 0 ? ~at : at, from, to);
    }
    return reasonCode(kind, field);
  }
}
