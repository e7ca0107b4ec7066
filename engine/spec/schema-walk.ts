/**
 * Which schemas a place of the data is held against. Needed before validating (is this scalar an
 * expression?) and after it (which keys would have been right here?).
 */
import { z } from 'zod';

/** Marks of our own on schemas: kept apart from zod's registry, which ends up in the JSON schema. */
export const marks = z.registry<{
  /** What a scalar is in words, e.g. "a duration such as `10s`". */
  readonly what?: string;
  /** True for the text of an expression. */
  readonly expression?: boolean;
}>();

/** The layers a schema is made of, itself first: unions fan out, wrappers and pipes are opened. */
export function layersOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod as { def: Wrapping };
  const inner = def.innerType ?? def.in;
  if (def.options !== undefined) return [schema, ...def.options.flatMap(layersOf)];
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}

interface Wrapping {
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/** The schemas of the value at `key` of a value held against `schemas`. */
export function stepInto(
  schemas: readonly z.core.$ZodType[],
  key: string | number,
): z.core.$ZodType[] {
  return schemas.flatMap(layersOf).flatMap((layer) => {
    if (layer instanceof z.ZodObject) {
      const shape = layer.shape as Readonly<Record<string, z.core.$ZodType>>;
      const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
      return field === undefined ? [] : [field];
    }
    if (layer instanceof z.ZodRecord) return [layer.valueType];
    if (layer instanceof z.ZodArray) return [layer.element];
    if (layer instanceof z.ZodTuple) {
      const { items, rest } = layer.def;
      const item = items[Number(key)] ?? rest;
      return item === null ? [] : [item];
    }
    return [];
  });
}

/** The declared shape of a map behind its wrappers, or null. */
export function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.ZodType>> | null {
  const object = layersOf(schema).find((layer) => layer instanceof z.ZodObject);
  return object === undefined ? null : object.shape;
}

/** The keys a map held against `schemas` may have; null when any key will do. */
export function keysOf(schemas: readonly z.core.$ZodType[]): string[] | null {
  const layers = schemas.flatMap(layersOf);
  if (layers.some((layer) => layer instanceof z.ZodRecord)) return null;
  return layers.flatMap((layer) => (layer instanceof z.ZodObject ? Object.keys(layer.shape) : []));
}

/** True when the value is the text of an expression. */
export const isExpression = (schemas: readonly z.core.$ZodType[]): boolean =>
  schemas.flatMap(layersOf).some((layer) => marks.get(layer)?.expression === true);

/** True when nothing is known about the value: options handed through to a client. */
export const isFree = (schemas: readonly z.core.$ZodType[]): boolean =>
  schemas.length > 0 &&
  schemas.flatMap(layersOf).every((layer) => layer instanceof z.ZodUnknown || isWrapper(layer)) &&
  !isExpression(schemas) &&
  !schemas.flatMap(layersOf).some((layer) => layer instanceof z.ZodPipe);

const isWrapper = (layer: z.core.$ZodType): boolean =>
  layer instanceof z.ZodOptional || layer instanceof z.ZodDefault;
