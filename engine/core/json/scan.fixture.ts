/**
 * What a scan should give, worked out slowly: the whole record by `JSON.parse`, or, for records
 * that only the lenient reading accepts, by regular expressions over one character a byte.
 */
import { type ScalarType, isArray, isText } from '../batch.ts';
import { cellText } from './columns.ts';
import type { ScanColumns } from './columns.ts';
import type { Field, Projection } from './projection.ts';
import type { Records } from './records.ts';

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** Records one after the other in one array of bytes, with noise between them; null is no record. */
export function laidOut(records: readonly (Uint8Array | null)[]): {
  bytes: Uint8Array;
  records: Records;
} {
  const noise = new TextEncoder().encode('"}],0');
  const valueStart = new Int32Array(records.length).fill(-1);
  const valueEnd = new Int32Array(records.length).fill(-1);
  const pieces: Uint8Array[] = [];
  let at = 0;
  records.forEach((record, i) => {
    if (record === null) return;
    valueStart[i] = at;
    valueEnd[i] = at + record.length;
    at += record.length + noise.length;
    pieces.push(record, noise);
  });
  const bytes = new Uint8Array(at);
  let to = 0;
  for (const piece of pieces) {
    bytes.set(piece, to);
    to += piece.length;
  }
  return { bytes, records: { length: records.length, valueStart, valueEnd } };
}

/** A row, or null for a record that must be refused. */
export type Expected = (number | string | null)[] | null;

/** What `projection` reads from a record. */
export function expectedRow(bytes: Uint8Array, projection: Projection): Expected {
  const strict = strictValue(bytes);
  const strictly = strict === undefined ? null : rowOf(strict, projection.fields);
  if (projection.validate === 'full') return strictly;
  const loose = looseRecord(latin1(bytes), projection.fields);
  const loosely = loose === null ? null : rowOf(loose, projection.fields);
  if (strict !== undefined && JSON.stringify(strictly) !== JSON.stringify(loosely)) {
    throw new Error('the two oracles disagree on valid JSON');
  }
  return strict === undefined ? loosely : strictly;
}

/** The row a scan wrote. */
export const rowFrom = (columns: ScanColumns, row: number): Expected =>
  columns.fields.map((field, f) => {
    if (columns.valid[f]?.[row] === 0) return null;
    return isText(field.type) ? cellText(columns, f, row) : (columns.values[f]?.[row] ?? NaN);
  });

const latin1 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
const fromLatin1 = (text: string): string | undefined =>
  decode(Uint8Array.from(text, (unit) => unit.charCodeAt(0)));

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function strictValue(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  return text === undefined ? undefined : parse(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function rowOf(record: unknown, fields: readonly Field[]): Expected {
  if (!isObject(record)) return null;
  const row = fields.map((field): number | string | null | undefined => {
    let value: unknown = record;
    for (const key of field.path) {
      if (value === null) break;
      if (!isObject(value)) return undefined;
      value = Object.hasOwn(value, key) ? value[key] : null;
    }
    if (value === null) return field.required ? undefined : null;
    return cellOf(value, field.type);
  });
  return row.includes(undefined) ? null : (row as Expected);
}

/** Undefined for a value of another type. */
function cellOf(value: unknown, type: Field['type']): number | string | undefined {
  if (isArray(type)) return arrayOf(value, /<(\w+)/.exec(type)?.[1] as ScalarType);
  if (type === 'bool') return typeof value === 'boolean' ? Number(value) : undefined;
  if (type === 'string') return typeof value === 'string' ? value.toWellFormed() : undefined;
  if (type === 'timestamp' && typeof value === 'string') return timeOf(value);
  if (typeof value !== 'number') return undefined;
  const number = type === 'float' ? Math.fround(value) : value;
  if (!Number.isFinite(number)) return undefined;
  if (type === 'double' || type === 'float') return number;
  const limit = { int: 2 ** 31, long: 2 ** 53 - 1, timestamp: 8.64e15 }[type];
  const fits = Math.abs(number) <= limit && !(type === 'int' && number === limit);
  return Number.isInteger(number) && fits ? number : undefined;
}

/** The text of an array of single values, each of which may be null. */
function arrayOf(value: unknown, type: ScalarType): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const cells = value.map((element: unknown) => (element === null ? null : cellOf(element, type)));
  if (cells.includes(undefined)) return undefined;
  const texts = cells.map((cell) => {
    if (cell === null || cell === undefined) return 'null';
    if (type === 'bool') return String(cell === 1);
    if (type === 'timestamp')
      return JSON.stringify(new Date(cell).toISOString().replace('.000Z', 'Z'));
    if (type !== 'float' || Number.isSafeInteger(cell)) return JSON.stringify(cell);
    // The shortest text that reads back as the same 32 bits.
    for (let digits = 1; ; digits++) {
      const short = Number(Number(cell).toPrecision(digits));
      if (Math.fround(short) === cell) return String(short + 0);
    }
  });
  return `[${texts.join(',')}]`;
}

/** Epoch ms by way of `Date`, undefined for anything but the one form. */
export function timeOf(text: string): number | undefined {
  const form =
    /^(\d{4}-\d\d-\d\dT)([01]\d|2[0-3])(:[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
  const match = form.exec(text);
  if (match === null) return undefined;
  const wall = `${match[1] ?? ''}${match[2] ?? ''}${match[3] ?? ''}`;
  const utc = new Date(`${wall}Z`);
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(wall)) return undefined;
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(match[5] ?? '') ?? [];
  const east = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  return utc.getTime() + Number((match[4] ?? '').padEnd(3, '0').slice(0, 3)) - east;
}

/**
 * The record as far as it is read: objects on the way to fields have their wanted members, values of
 * fields are parsed strictly, all else is left out. Null where the structure is broken.
 */
function looseRecord(text: string, fields: readonly Field[]): unknown {
  let at = 0;
  const broken = new Error('broken');
  const take = (pattern: RegExp): string => {
    const match = new RegExp(pattern.source, 'y');
    match.lastIndex = at;
    const found = match.exec(text)?.[0];
    if (found === undefined) throw broken;
    at += found.length;
    return found;
  };
  const space = (): string => take(/[ \n\r\t]*/);
  const string = /"(?:[^"\\]|\\[^])*"/;

  const skip = (): string => {
    const from = at;
    if (text[at] === '"') return take(string);
    if (text[at] !== '{' && text[at] !== '[') return take(/[^ \n\r\t,:"[\]{}]+/);
    const open: string[] = [];
    do {
      take(/[^"[\]{}]*/);
      const byte = text[at] ?? '';
      if (byte === '"') take(string);
      else if (byte === '{' || byte === '[') open.push(take(/[^]/));
      else if (open.pop() !== { '}': '{', ']': '[' }[take(/[}\]]/)]) throw broken;
    } while (open.length > 0);
    return text.slice(from, at);
  };

  const object = (path: readonly string[]): unknown => {
    const members = new Map<string, unknown>();
    take(/\{/);
    space();
    if (text[at] === '}') return take(/\}/) && Object.fromEntries(members);
    for (;;) {
      const raw = take(string);
      const key = raw.includes('\\') ? strict(raw) : parse(fromLatin1(raw) ?? '');
      space();
      take(/:/);
      space();
      const here = typeof key === 'string' ? [...path, key] : [];
      const below = fields.filter((field) => here.every((name, i) => field.path[i] === name));
      if (here.length === 0 || below.length === 0) skip();
      else if (below.some((field) => field.path.length === here.length)) {
        members.set(here.at(-1) ?? '', leaf(skip()));
      } else {
        members.set(here.at(-1) ?? '', text[at] === '{' ? object(here) : leaf(skip()));
      }
      space();
      if (take(/[,}]/) === '}') return Object.fromEntries(members);
      space();
    }
  };

  const strict = (raw: string): unknown => {
    const value = parse(fromLatin1(raw) ?? '');
    if (value === undefined) throw broken;
    return value;
  };
  /** `BAD` fits no type: the value may still be replaced by a later one. */
  const leaf = (raw: string): unknown => {
    const value = parse(fromLatin1(raw) ?? '');
    return value === undefined ? BAD : value;
  };

  try {
    space();
    const record = object([]);
    space();
    return at === text.length ? record : null;
  } catch (thrown) {
    if (thrown !== broken) throw thrown;
    return null;
  }
}

const BAD = Symbol('bad');
