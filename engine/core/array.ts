/**
 * Arrays as cells. An array is carried as its JSON text, in one spelling: no white space, elements as
 * row-json.ts writes cells, members of a struct in the order declared and none left out. So equal arrays are
 * equal texts, and vectors, keys, snapshots and most sinks need to know nothing of arrays.
 */
import type { ArrayType, Cell, ScalarType } from './batch.ts';
import { cellJson } from './row-json.ts';
import { timestampOf } from './json/timestamp.ts';
import { encodeUtf8 } from './utf8.ts';

/** One member of the structs in an array. */
export interface ElementField {
  readonly name: string;
  readonly type: ScalarType;
  readonly required: boolean;
}

/** What the elements of an array are: single values or structs of them; null where nothing is required. */
export type ElementType =
  | { readonly kind: 'scalar'; readonly type: ScalarType; readonly required: boolean }
  | { readonly kind: 'struct'; readonly fields: readonly ElementField[] };

const SCALARS: ReadonlySet<string> = new Set<ScalarType>([
  ...(['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'] as const),
]);

const isScalar = (name: string): name is ScalarType => SCALARS.has(name);

/** The text of a type. */
export const arrayTypeOf = (element: ElementType): ArrayType =>
  element.kind === 'scalar'
    ? `array<${written(element)}>`
    : `array<{ ${element.fields.map((field) => `${field.name}: ${written(field)}`).join(', ')} }>`;

const written = ({
  type,
  required,
}: {
  readonly type: string;
  readonly required: boolean;
}): string => `${type}${required ? '!' : ''}`;

/** The elements of a type that `arrayTypeOf` wrote, or null for text that is no such type. */
export function readElementType(text: string): ElementType | null {
  const inner = /^array\s*<\s*(.*?)\s*>$/s.exec(text)?.[1];
  if (inner === undefined) return null;
  const [, name = '', bang] = /^([a-z]+)\s*(!?)$/.exec(inner) ?? [];
  if (isScalar(name)) return { kind: 'scalar', type: name, required: bang === '!' };
  const members = /^\{(.*)\}$/s.exec(inner)?.[1];
  if (members === undefined) return null;
  const fields = members.split(',').map((member): ElementField | null => {
    const [, name = '', type = '', bang] =
      /^\s*([A-Za-z_][A-Za-z0-9_]{0,63})\s*:\s*([a-z]+)\s*(!?)\s*$/.exec(member) ?? [];
    return isScalar(type) ? { name, type, required: bang === '!' } : null;
  });
  const known = fields.filter((field) => field !== null);
  const names = new Set(known.map(({ name }) => name));
  return known.length < fields.length || names.size < known.length
    ? null
    : { kind: 'struct', fields: known };
}

/** The elements of a type of a plan. Throws `Error` for what is none: plans hold no such types. */
export function elementOf(type: ArrayType): ElementType {
  const element = readElementType(type);
  if (element === null) throw new Error(`${type} is no type`);
  return element;
}

/** The JSON text of cells of one type. */
export const arrayText = (type: ScalarType, cells: readonly Cell[]): string =>
  `[${cells.map((cell) => cellJson(type, cell)).join(',')}]`;

/** The values of JSON text that `arrayText` or a scan wrote. */
export const parseArray = (text: string): readonly unknown[] =>
  JSON.parse(text) as readonly unknown[];

/** The cell of a value of that text: timestamps and the numbers JSON lacks stand there as text. */
export function elementCell(type: ScalarType, value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (type === 'string') return value as string;
  // Of a float the text is the shortest one that reads back.
  if (type === 'float') return Math.fround(Number(value));
  if (type !== 'timestamp' || typeof value !== 'string') return Number(value);
  const bytes = encodeUtf8(value);
  return timestampOf(bytes, 0, bytes.length);
}

/** The cells of an array of single values. O(its text). */
export const arrayCells = (type: ScalarType, text: string): Cell[] =>
  parseArray(text).map((value) => elementCell(type, value));
