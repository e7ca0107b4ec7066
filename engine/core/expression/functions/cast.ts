/**
 * cast(x as type). What does not fit fails the row (Spark's ANSI casts); timestamps count in seconds
 * as numbers; local text is read and written in the pipeline's time zone.
 */
import { type ColumnType, isArray } from '../../batch.ts';
import { formatLocal, parseInstant } from '../calendar.ts';
import { quoted, raise } from '../failure.ts';
import type { FunctionEntry, Writer } from '../function.ts';
import { floatText } from '../number-text.ts';
import { isNumber, isWhole } from '../promotion.ts';
import { strict } from '../strict.ts';
import type { CallExpression, TypedExpression } from '../types.ts';
import { checkedInt, checkedLong } from './arithmetic.ts';
import { zoneConstant } from './zone.ts';

/** Whether values of one type can be cast to the other. */
export function isCastable(from: ColumnType, to: ColumnType): boolean {
  if (isArray(from) || isArray(to)) return false;
  if (from === to || from === 'string' || to === 'string') return true;
  return isNumber(from) ? true : isNumber(to);
}

/** Whether a cast depends on the time zone. */
export const isZoned = (from: ColumnType, to: ColumnType): boolean =>
  (from === 'string' && to === 'timestamp') || (from === 'timestamp' && to === 'string');

/** A number without its fraction as int; fails the row when it does not fit. */
export function truncatedInt(value: number): number {
  if (Number.isNaN(value)) raise('NaN is no int');
  return checkedInt(Math.trunc(value));
}

/** A number without its fraction as long; fails the row when it does not fit. */
export function truncatedLong(value: number): number {
  if (Number.isNaN(value)) raise('NaN is no long');
  return checkedLong(Math.trunc(value));
}

/** Text as int; fails the row when it is anything else. Spaces around it are allowed. */
export const parseInteger = (text: string): number => checkedInt(parseWhole(text, 'int'));

/** Text as long; fails the row when it is anything else. Spaces around it are allowed. */
export const parseLong = (text: string): number => checkedLong(parseWhole(text, 'long'));

function parseWhole(text: string, type: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) raise(`${quoted(text)} is no ${type}`);
  return Number(text);
}

/** Text as double: decimals, exponents, NaN, Infinity; fails the row when it is anything else. */
export function parseDouble(text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  const [, sign, name] = /^([+-]?)(nan|inf|infinity)$/i.exec(trimmed) ?? [];
  if (name === undefined) raise(`${quoted(text)} is no number`);
  if (name.toLowerCase() === 'nan') return NaN;
  return sign === '-' ? -Infinity : Infinity;
}

const TRUE = new Set(['t', 'true', 'y', 'yes', '1']);
const FALSE = new Set(['f', 'false', 'n', 'no', '0']);

/** Text as bool; fails the row when it is none of Spark's words for true and false. */
export function parseBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  if (!FALSE.has(word)) raise(`${quoted(text)} is no bool`);
  return false;
}

/** Seconds as a timestamp; fails the row outside of what calendars know. */
export function timestampOfSeconds(seconds: number): number {
  const epochMs = Math.round(seconds * 1000);
  if (!(Math.abs(epochMs) <= 8.64e15)) raise(`${seconds} s is no timestamp`);
  return epochMs + 0;
}

/** Text as a timestamp; fails the row when it is none. */
export function parseTimestamp(text: string, zone: Parameters<typeof parseInstant>[1]): number {
  const epochMs = parseInstant(text, zone);
  if (Number.isNaN(epochMs)) raise(`${quoted(text)} is no timestamp`);
  return epochMs;
}

type Conversion = (value: string, writer: Writer, zone: string) => string;

const number =
  (runtime: (value: number) => unknown): Conversion =>
  (value, writer) =>
    `${writer.use(runtime)}(${value})`;

const text =
  (runtime: (value: string) => unknown): Conversion =>
  (value, writer) =>
    `${writer.use(runtime)}(${value})`;

const FROM_TEXT = new Map<ColumnType, Conversion>([
  ['int', text(parseInteger)],
  ['long', text(parseLong)],
  ['double', text(parseDouble)],
  ['float', (value, writer) => `Math.fround(${writer.use(parseDouble)}(${value}))`],
  ['bool', text(parseBool)],
  ['timestamp', (value, writer, zone) => `${writer.use(parseTimestamp)}(${value}, ${zone})`],
]);

const FROM_TIMESTAMP = new Map<ColumnType, Conversion>([
  ['int', (value, writer) => `${writer.use(checkedInt)}(Math.floor(${value} / 1000))`],
  ['long', (value) => `Math.floor(${value} / 1000)`],
  ['float', (value) => `Math.fround(${value} / 1000)`],
  ['double', (value) => `${value} / 1000`],
  ['string', (value, writer, zone) => `${writer.use(formatLocal)}(${value}, ${zone})`],
]);

const FROM_NUMBER = new Map<ColumnType, Conversion>([
  ['int', number(truncatedInt)],
  ['long', number(truncatedLong)],
  ['float', (value) => `Math.fround(${value})`],
  ['double', (value) => value],
  ['bool', (value) => `${value} !== 0`],
  ['timestamp', number(timestampOfSeconds)],
]);

function conversion(from: ColumnType, to: ColumnType): Conversion {
  const same: Conversion = (value) => value;
  if (from === to || (from === 'int' && to === 'long')) return same;
  if (from === 'string') return FROM_TEXT.get(to) ?? same;
  if (from === 'timestamp') return FROM_TIMESTAMP.get(to) ?? same;
  if (from === 'bool') {
    return (value) => (to === 'string' ? `${value} ? "true" : "false"` : `${value} ? 1 : 0`);
  }
  if (to !== 'string') return FROM_NUMBER.get(to) ?? same;
  return from === 'float' ? number(floatText) : (value) => `String(${value})`;
}

function mayFail({ type: to, args: [arg] }: CallExpression): boolean {
  const { type: from } = arg as TypedExpression;
  if (from === to || to === 'string' || from === 'bool') return false;
  if (from === 'string' || to === 'int') return true;
  if (to === 'timestamp') return true;
  return to === 'long' && !isWhole(from) && from !== 'timestamp';
}

/** The entries of this family. The checker gives a cast its type. */
export const casts: readonly FunctionEntry[] = [
  {
    name: 'cast',
    usage: 'cast(x as type)',
    summary:
      'x as bool, int, long, float, double, string or timestamp; what does not fit fails the row.',
    arguments: ['any', 'any'],
    type: 'same',
    fails: mayFail,
    write: strict(([value = ''], call, writer) => {
      const [arg, zone] = call.args as [TypedExpression, TypedExpression?];
      const name = zone === undefined ? '' : zoneConstant(zone, writer);
      return conversion(arg.type, call.type)(value, writer, name);
    }),
  },
];
