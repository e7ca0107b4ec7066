/**
 * One declared column: `string!`, or `{ path: main.temp, type: double }`.
 */
import { z } from 'zod';
import { suggest } from '../core/suggest.ts';
import { arrayTypeOf, readElementType } from '../core/array.ts';
import { type ColumnType, type ScalarType, isArray } from '../core/batch.ts';
import { HEADERS_TYPE } from '../core/headers.ts';
import { columnTypes, isColumnType } from './column-types.ts';
import * as fields from './fields.ts';
import { scalar, shorten } from './scalar.ts';
import type { Read } from './scalar.ts';

/** A type as it is written. */
export interface WrittenType {
  readonly type: ColumnType;
  readonly required: boolean;
}

/** A column's type and place; `path` null: a field of the column's own name. */
export interface WrittenField extends WrittenType {
  readonly path: readonly string[] | null;
}

/** Columns that come from the record's envelope, with their types; only `_key` may be null. */
export const metadataColumns: ReadonlyMap<string, WrittenType> = new Map<string, WrittenType>([
  ['_key', { type: 'string', required: false }],
  ['_partition', { type: 'int', required: true }],
  ['_offset', { type: 'long', required: true }],
  ['_timestamp', { type: 'timestamp', required: true }],
  ['_headers', { type: HEADERS_TYPE, required: true }],
]);

const names = [...columnTypes].join(', ');

/** Other languages' words for types. */
const foreign: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'],
  ['integer', 'int'],
  ['int32', 'int'],
  ['int64', 'long'],
  ['bigint', 'long'],
  ['number', 'double'],
  ['decimal', 'double'],
  ['float32', 'float'],
  ['float64', 'double'],
  ['real', 'float'],
  ['text', 'string'],
  ['varchar', 'string'],
  ['str', 'string'],
  ['datetime', 'timestamp'],
  ['instant', 'timestamp'],
]);

function readType(written: string): Read<WrittenType> {
  const required = written.endsWith('!');
  const name = required ? written.slice(0, -1).trimEnd() : written;
  if (isColumnType(name)) return { value: { type: name, required } };
  if (/^(array|list)\b/i.test(name)) return readArrayType(name, required);
  if (name.startsWith('!') && isColumnType(name.slice(1))) {
    const message = 'the ! of a required column stands after the type';
    return { code: 'bang-before-type', message, hint: `write \`${name.slice(1)}!\`` };
  }
  const near = foreign.get(name.toLowerCase()) ?? suggest(name, columnTypes);
  const hint =
    near === null ? `types: ${names}` : `did you mean \`${near}${required ? '!' : ''}\`?`;
  return { code: 'unknown-type', message: `there is no type \`${shorten(name)}\``, hint };
}

/** An array, in the one spelling that plans have. */
function readArrayType(name: string, required: boolean): Read<WrittenType> {
  const element = readElementType(name);
  if (element !== null) return { value: { type: arrayTypeOf(element), required } };
  return {
    code: 'unknown-type',
    message: `there is no type \`${shorten(name)}\``,
    hint: 'an array is written `array<double>`, one of structs `"array<{ id: int!, name: string }>"`',
  };
}

/** A type, `!` when it is required. */
export const writtenType = (): z.ZodType<WrittenType> =>
  scalar({
    what: 'a type such as `double` or `string!`',
    json: { type: 'string', pattern: `^((${[...columnTypes].join('|')})|array<.+>)!?$` },
    read: (value) => readType(String(value)),
  });

/** A type without `!`. */
export const columnType = (): z.ZodType<ScalarType> =>
  scalar({
    what: 'a type such as `double`',
    json: { enum: [...columnTypes] },
    read: (value): Read<ScalarType> => {
      const read = readType(String(value));
      if (!('value' in read)) return read;
      const { type } = read.value;
      if (!isArray(type)) return { value: type };
      const message = 'an array cannot stand here';
      return { code: 'unknown-type', message, hint: `types: ${names}` };
    },
  });

const fieldPath = () =>
  scalar({
    what: 'a path such as `main.temp`',
    json: { type: 'string' },
    read: (value): Read<string[]> => {
      const steps = String(value).split('.');
      if (!steps.includes('')) return { value: steps };
      const message = `\`${shorten(String(value))}\` is no path of names with dots between`;
      return {
        code: 'bad-name',
        message,
        hint: 'e.g. `main.temp`; names with dots go into a list',
      };
    },
  });

/** A column of a schema. */
export const schemaField = (): z.ZodType<WrittenField> =>
  z.union([
    writtenType().transform((written): WrittenField => ({ ...written, path: null })),
    z
      .strictObject({
        path: fields.maybe(
          z
            .union([fieldPath(), fields.list(fields.text())])
            .describe('Place in the document, e.g. `main.temp`.'),
        ),
        type: writtenType().describe('Its type.'),
        required: fields.otherwise(fields.flag().describe('The same as ! after the type.'), false),
      })
      .transform(({ path, type, required }): WrittenField => ({
        type: type.type,
        required: required || type.required,
        path,
      })),
  ]);
