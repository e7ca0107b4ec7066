/**
 * Why a record is refused, as one number: a kind and its detail, so that the hot path allocates
 * nothing and the text is written only for those who read it.
 */
import type { Field } from './projection.ts';

/** Kinds of reason; 0 is no reason. */
export const REASON = {
  /** Detail: byte position. */
  end: 1,
  /** Detail: byte position × 256 + the byte. */
  byte: 2,
  /** No detail. */
  mark: 3,
  /** Detail: what the record is (`FOUND`). */
  top: 4,
  /** Detail: field. */
  missing: 5,
  /** Detail: field × 16 + what was found. */
  type: 6,
  /** Detail: field. */
  exact: 7,
  range: 8,
  fraction: 9,
  zone: 10,
  /** Detail: (field × 64 + depth) × 16 + what was found at that depth of its path. */
  through: 11,
  /** Of an array; detail: field. */
  element: 12,
} as const;

/** What a value is, by its first byte. */
const FOUND = ['null', 'bool', 'number', 'string', 'an array', 'an object'];

/** The index that means no JSON value starts so. */
export const OTHER = 6;

/** Code of a kind with its detail: an integer below 2^53. */
export const reasonCode = (kind: number, detail: number): number => detail * 16 + kind;

/** Code for JSON that breaks off or goes wrong at `at`, in a record that is bytes[from, to). */
export function brokenAt(bytes: Uint8Array, at: number, from: number, to: number): number {
  if (at >= to) return reasonCode(REASON.end, to - from);
  return reasonCode(REASON.byte, (at - from) * 256 + (bytes[at] as number));
}

/** What kind of value starts with `byte`: an index into the names of kinds. */
export function foundAt(byte: number | undefined): number {
  if (byte === undefined) return OTHER;
  if (byte === 0x22) return 3;
  if (byte === 0x5b) return 4;
  if (byte === 0x7b) return 5;
  if (byte === 0x6e) return 0;
  if (byte === 0x74 || byte === 0x66) return 1;
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) ? 2 : OTHER;
}

/** Whether the record is not JSON at all (`DECODE`) or does not fit the schema (`SCHEMA`). */
export function letterOf(code: number): 'DECODE' | 'SCHEMA' {
  return code % 16 <= REASON.top ? 'DECODE' : 'SCHEMA';
}

/** Plain words for a code, e.g. `field temperature: expected double, found string`. */
export function reasonText(code: number, fields: readonly Field[]): string {
  const kind = code % 16;
  const detail = Math.floor(code / 16);
  if (kind === 0) return 'ok';
  if (kind === REASON.end) return `not JSON: unexpected end at byte ${String(detail)}`;
  if (kind === REASON.byte) return `not JSON: unexpected ${byteName(detail)}`;
  if (kind === REASON.mark) return 'not JSON: it starts with a byte order mark';
  if (kind === REASON.top) return `not a JSON object: found ${foundName(detail)}`;
  return fieldText(kind, detail, fields);
}

function fieldText(kind: number, detail: number, fields: readonly Field[]): string {
  const owner =
    kind === REASON.type ? detail / 16 : kind === REASON.through ? detail / 1024 : detail;
  const field = fields[Math.floor(owner)] as Field;
  const name = field.path.join('.');
  if (kind === REASON.missing) return `missing required field ${name}`;
  if (kind === REASON.exact) return `field ${name}: out of the exact range of ${field.type}`;
  if (kind === REASON.range) return `field ${name}: out of the range of ${field.type}`;
  if (kind === REASON.fraction) return `field ${name}: expected ${field.type}, found a fraction`;
  if (kind === REASON.zone) {
    return `field ${name}: expected timestamp, found text that is not like 2024-03-28T23:20:19Z`;
  }
  if (kind === REASON.element) {
    return `field ${name}: an element does not fit ${field.type}`;
  }
  if (kind === REASON.type) {
    return `field ${name}: expected ${field.type}, found ${foundName(detail % 16)}`;
  }
  const above = field.path.slice(0, Math.floor(detail / 16) % 64).join('.');
  return `field ${name}: expected an object at ${above}, found ${foundName(detail % 16)}`;
}

const foundName = (found: number): string => FOUND[found] ?? 'something else';

function byteName(detail: number): string {
  const byte = detail % 256;
  const shown =
    byte > 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  return `${shown} at byte ${String(Math.floor(detail / 256))}`;
}
