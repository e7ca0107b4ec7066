/**
 * Arrays of a record against their declared type: parsed JSON → the one spelling of array.ts, or what is
 * wrong. There is no coercion, as for single values; members of structs that nobody declared are left out.
 */
import type { ElementField, ElementType } from '../array.ts';
import type { Cell, ScalarType } from '../batch.ts';
import { cellJson } from '../row-json.ts';
import { encodeUtf8 } from '../utf8.ts';
import { REASON } from './reason.ts';
import { MAX_TIME_MS, timestampOf } from './timestamp.ts';

/** The text of an array, or a kind of reason. */
export function readArray(element: ElementType, values: readonly unknown[]): string | number {
  const texts: string[] = [];
  for (const value of values) {
    const text =
      element.kind === 'scalar' ? readOne(element, value) : readStruct(element.fields, value);
    if (typeof text === 'number') return text;
    texts.push(text);
  }
  return `[${texts.join(',')}]`;
}

function readStruct(fields: readonly ElementField[], value: unknown): string | number {
  if (value === null) return fields.some(({ required }) => required) ? REASON.element : 'null';
  if (typeof value !== 'object' || Array.isArray(value)) return REASON.element;
  const texts: string[] = [];
  for (const field of fields) {
    const { name } = field;
    // As the scan of a record: what is not there is null.
    const member: unknown = Object.hasOwn(value, name) ? value[name as keyof typeof value] : null;
    const text = readOne(field, member);
    if (typeof text === 'number') return text;
    texts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${texts.join(',')}}`;
}

function readOne(
  { type, required }: Pick<ElementField, 'type' | 'required'>,
  value: unknown,
): string | number {
  return value === null && required ? REASON.element : readScalar(type, value);
}

function readScalar(type: ScalarType, value: unknown): string | number {
  if (value === null) return 'null';
  // Half of a surrogate pair is no text in UTF-8.
  if (type === 'string') {
    return typeof value === 'string' ? JSON.stringify(value.toWellFormed()) : REASON.element;
  }
  if (type === 'bool') return typeof value === 'boolean' ? String(value) : REASON.element;
  if (type === 'timestamp' && typeof value === 'string') {
    const bytes = encodeUtf8(value);
    const time = timestampOf(bytes, 0, bytes.length);
    return Number.isNaN(time) ? REASON.zone : cellJson(type, time);
  }
  if (typeof value !== 'number') return REASON.element;
  const held: Cell = type === 'float' ? Math.fround(value) : value;
  const failure = checkNumber(type, held);
  return failure === 0 ? cellJson(type, held === 0 ? 0 : held) : failure;
}

/** 0, or a kind of reason; the same ranges as a single value's. */
function checkNumber(type: ScalarType, value: number): number {
  if (!Number.isFinite(value)) return REASON.range;
  if (type === 'double' || type === 'float') return 0;
  if (Math.trunc(value) !== value) return REASON.fraction;
  if (type === 'int') return (value | 0) === value ? 0 : REASON.range;
  if (type === 'long') return Number.isSafeInteger(value) ? 0 : REASON.exact;
  return Math.abs(value) <= MAX_TIME_MS ? 0 : REASON.range;
}
