/** Reads dates of any pattern off bytes, step by step, without making text of them. */
import { midnightOf } from './civil.ts';
import type { Ambiguous, Zone } from './zone.ts';

/** What a step reads. `byte` is a byte that has to be there. */
export type DateField =
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'byte'
  | 'fraction'
  | 'monthName'
  | 'half'
  | 'offset';

/** One step: from `least` to `most` digits; of a `byte` step both are the byte itself. */
export interface DateStep {
  readonly field: DateField;
  readonly least: number;
  readonly most: number;
}

/** Fields by number. Those before BYTE are digits; all of them have a place among the values. */
const FIELDS: readonly DateField[] = [
  'year',
  'month',
  'day',
  'hour',
  'hour12',
  'minute',
  'second',
  'byte',
  'fraction',
  'monthName',
  'half',
  'offset',
];
const YEAR = 0;
const MONTH = 1;
const DAY = 2;
const HOUR = 3;
const HOUR12 = 4;
const MINUTE = 5;
const SECOND = 6;
const BYTE = 7;
const FRACTION = 8;
const HALF = 10;
const OFFSET = 11;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const LETTER_Z = 90;

/** Any pattern. */
export class PatternReader {
  readonly #fields: Uint8Array;
  readonly #least: Uint8Array;
  readonly #most: Uint8Array;
  readonly #zone: Zone;
  readonly #ambiguous: Ambiguous;
  readonly #hasHalf: boolean;
  readonly #hasOffset: boolean;
  /** By field; what a pattern does not have stays 0. The fraction and the offset are in ms. */
  readonly #values = new Int32Array(FIELDS.length);
  /** End of the text being read. */
  #to = 0;

  constructor(steps: readonly DateStep[], zone: Zone, ambiguous: Ambiguous) {
    this.#fields = Uint8Array.from(steps, ({ field }) => FIELDS.indexOf(field));
    this.#least = Uint8Array.from(steps, ({ least }) => least);
    this.#most = Uint8Array.from(steps, ({ most }) => most);
    this.#zone = zone;
    this.#ambiguous = ambiguous;
    this.#hasHalf = steps.some(({ field }) => field === 'half');
    this.#hasOffset = steps.some(({ field }) => field === 'offset');
  }

  /** Epoch ms of the text bytes[from, to), NaN when it does not fit. */
  read(bytes: Uint8Array, from: number, to: number): number {
    const fields = this.#fields;
    this.#to = to;
    let at = from;
    for (let step = 0; step < fields.length; step++) {
      const field = fields[step] as number;
      const most = this.#most[step] as number;
      if (field === BYTE) {
        if (at >= to || bytes[at++] !== most) return NaN;
        continue;
      }
      if (field > BYTE) {
        at = this.#readOther(field, most, bytes, at);
        if (at < 0) return NaN;
        continue;
      }
      let value = 0;
      const end = at + most < to ? at + most : to;
      const least = at + (this.#least[step] as number);
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - 48;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (at < least) return NaN;
      this.#values[field] = value;
    }
    return at === to ? this.#instant() : NaN;
  }

  /** The instant of the values, NaN if there is no such date or time. */
  #instant(): number {
    const values = this.#values;
    const minute = values[MINUTE] as number;
    const second = values[SECOND] as number;
    let hour = values[HOUR] as number;
    if (this.#hasHalf) {
      const hour12 = values[HOUR12] as number;
      if (hour12 < 1 || hour12 > 12) return NaN;
      hour = (hour12 % 12) + (values[HALF] as number);
    }
    if (hour > 23 || minute > 59 || second > 59) return NaN;
    const time = (hour * 3600 + minute * 60 + second) * 1000 + (values[FRACTION] as number);
    const date = midnightOf(values[YEAR] as number, values[MONTH] as number, values[DAY] as number);
    const local = date + time;
    if (Number.isNaN(local)) return NaN;
    if (this.#hasOffset) return local - (values[OFFSET] as number);
    return this.#zone.epochOf(local, this.#ambiguous);
  }

  /** Reads a rarer field at `at`; where it ends, −1 if it does not fit. */
  #readOther(field: number, width: number, bytes: Uint8Array, at: number): number {
    const values = this.#values;
    if (field === FRACTION) {
      const value = this.#digits(bytes, at, width);
      // What is finer than a millisecond is cut off by the array.
      values[FRACTION] = width < 3 ? value * 10 ** (3 - width) : value / 10 ** (width - 3);
      return value < 0 ? -1 : at + width;
    }
    if (field === OFFSET) return this.#readOffset(width, bytes, at);
    const end = at + (field === HALF ? 2 : 3);
    if (end > this.#to) return -1;
    const word = String.fromCharCode(...bytes.subarray(at, end));
    if (field === HALF) {
      values[HALF] = word === 'PM' ? 12 : 0;
      return word === 'AM' || word === 'PM' ? end : -1;
    }
    const month = MONTHS.indexOf(word);
    values[MONTH] = month + 1;
    return month < 0 ? -1 : end;
  }

  /** Z, or a sign and hours, with minutes from width 2 on, with a colon from width 3 on. */
  #readOffset(width: number, bytes: Uint8Array, at: number): number {
    const first = at < this.#to ? bytes[at] : 0;
    const sign = first === PLUS ? 1 : first === MINUS ? -1 : 0;
    if (sign === 0) {
      this.#values[OFFSET] = 0;
      return first === LETTER_Z ? at + 1 : -1;
    }
    const hours = this.#digits(bytes, at + 1, 2);
    const minutesAt = width === 3 ? at + 4 : at + 3;
    const minutes = width === 1 ? 0 : this.#digits(bytes, minutesAt, 2);
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return -1;
    if (width === 3 && bytes[at + 3] !== COLON) return -1;
    this.#values[OFFSET] = sign * (hours * 60 + minutes) * 60_000;
    return width === 1 ? minutesAt : minutesAt + 2;
  }

  /** The number in exactly `width` digits, −1 if they are not there. */
  #digits(bytes: Uint8Array, from: number, width: number): number {
    if (from + width > this.#to) return -1;
    let value = 0;
    for (let i = from; i < from + width; i++) {
      const digit = (bytes[i] as number) - 48;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    return value;
  }
}
