/**
 * Building blocks of keyword fields: quantities, names, texts. Each reads what people write (after
 * `${…}` is expanded) into the engine's units.
 */
import { z } from 'zod';
import { suggest } from '../core/suggest.ts';
import { kindOf, scalar, shorten } from './scalar.ts';
import type { Read, Refusal } from './scalar.ts';
import { isOutside, outsideRefusal } from './outside.ts';
import { marks } from './schema-walk.ts';
import * as units from './units.ts';

/** An optional field: null when it is not written. */
export const maybe = <T>(field: z.ZodType<T>): z.ZodType<T | null> =>
  described(
    field,
    field.optional().transform((value): T | null => value ?? null),
  );

/** An optional field with a default, said in the reference. */
export const otherwise = <T>(field: z.ZodType<T>, fallback: T): z.ZodType<T> =>
  described(
    field,
    field.optional().transform((value): T => (value === undefined ? fallback : value)),
  );

const described = <T>(field: z.ZodType, wrapped: z.ZodType<T>): z.ZodType<T> =>
  field.description === undefined ? wrapped : wrapped.describe(field.description);

/** A map with these keys and no others. */
export const object = <const T extends z.core.$ZodLooseShape>(
  shape: T,
): z.ZodObject<{ -readonly [K in keyof T]: T[K] }, z.core.$strict> => z.strictObject(shape);

/** Any text. */
export const text = (what = 'text'): z.ZodType<string> =>
  scalar({
    what,
    json: { type: 'string' },
    read: (value) =>
      typeof value === 'string'
        ? { value }
        : wrongType(what, value, `quote it: "${String(value)}"`),
  });

/** The text of an expression; `1` and `true` are expressions too. */
export const expression = (): z.ZodType<string> => {
  const field = scalar({
    what: 'an expression',
    json: { type: ['string', 'number', 'boolean'] },
    read: (value) =>
      String(value).trim() === ''
        ? { code: 'wrong-type', message: 'expected an expression, found nothing' }
        : { value: String(value) },
  });
  return field.register(marks, { what: 'an expression', expression: true });
};

/** A word with a pattern. */
export function word(what: string, pattern: RegExp, hint: string): z.ZodType<string> {
  return scalar({
    what,
    json: { type: 'string', pattern: pattern.source },
    read: (value) =>
      typeof value === 'string' && pattern.test(value)
        ? { value }
        : {
            code: 'bad-name',
            message: `\`${shorten(String(value))}\` cannot be ${what}`,
            hint,
          },
  });
}

/** Name of a source, stage, sink, connection or table. */
export const identifier = (what = 'a name'): z.ZodType<string> =>
  word(what, /^[a-z][a-z0-9_]{0,47}$/, 'small letters, digits and _ (48 at most), a letter first');

/** Name of a column. */
export const columnName = (): z.ZodType<string> =>
  word('a column', /^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'letters, digits and _, no digit first');

/** Name of a Kafka topic. */
export const topicName = (): z.ZodType<string> =>
  word('a topic', /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/, 'letters, digits, dot, _ and -');

/** A file path below the project; absolute paths and `..` are refused. */
export const path = (what = 'a path'): z.ZodType<string> =>
  scalar({
    what,
    json: { type: 'string' },
    read: (value): Read<string> => {
      if (typeof value !== 'string' || value === '') return wrongType(what, value);
      return isOutside(value) ? outsideRefusal(value) : { value };
    },
  });

/** A path or glob of something that is read: outside.ts tells later whether it may lead anywhere. */
export const inputPath = (what = 'a path or glob'): z.ZodType<string> =>
  scalar({
    what,
    json: { type: 'string' },
    read: (value): Read<string> =>
      typeof value === 'string' && value !== '' ? { value } : wrongType(what, value),
  });

interface Quantity<T> {
  readonly what: string;
  readonly pattern: string;
  /** The unit proposed for a bare number, and all of them. */
  readonly unit: string;
  readonly units: string;
  readonly read: (text: string) => T | null;
}

const quantity = <T>({ what, pattern, unit, units: all, read }: Quantity<T>): z.ZodType<T> =>
  scalar({
    what,
    json: { type: 'string', pattern },
    read: (written) => {
      const value = String(written);
      const result = read(value);
      if (result !== null) return { value: result };
      const bare = /^\d+(\.\d+)?$/.test(value);
      return {
        code: 'bad-quantity',
        message: `expected ${what}, found \`${shorten(value)}\``,
        hint: bare ? `it needs a unit, e.g. \`${value}${unit}\`` : `units: ${all}`,
      };
    },
  });

const durations = { pattern: units.durationPattern, unit: 's', units: 'ms, s, m, h, d' };

/** `250ms 10s 5m 1h 7d` → milliseconds. */
export const duration = (): z.ZodType<number> =>
  quantity({ ...durations, what: 'a duration such as `10s`', read: units.readDuration });

/** A duration above zero. */
export const period = (): z.ZodType<number> =>
  quantity({
    ...durations,
    what: 'a duration above zero such as `10s`',
    read: (value) => {
      const durationMs = units.readDuration(value);
      return durationMs === 0 ? null : durationMs;
    },
  });

/** `64KiB` → bytes. */
export const size = (): z.ZodType<number> =>
  quantity({
    what: 'a size such as `64MiB`',
    pattern: units.sizePattern,
    unit: 'MiB',
    units: 'B, KiB, MiB, GiB (or kB, MB, GB, by the thousand)',
    read: units.readSize,
  });

/** `5%` → 0.05. */
export const share = (): z.ZodType<number> =>
  quantity({
    what: 'a share such as `5%`',
    pattern: units.sharePattern,
    unit: '%',
    units: '% (at most 100%)',
    read: units.readShare,
  });

/** `60/1m` → how many per how many milliseconds. */
export const rate = (): z.ZodType<{ readonly count: number; readonly perMs: number }> =>
  quantity({
    what: 'a rate such as `60/1m`',
    pattern: units.ratePattern,
    unit: '/1m',
    units: 'how many, a slash, and per how long',
    read: units.readRate,
  });

/** A whole number within bounds, both included. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): z.ZodType<number> =>
  scalar({
    what: 'a whole number',
    json: {
      type: 'integer',
      minimum: least,
      ...(most < Number.MAX_SAFE_INTEGER && { maximum: most }),
    },
    read: (written): Read<number> => {
      const value =
        typeof written === 'string' && written.trim() !== '' ? Number(written) : written;
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
        return wrongType('a whole number', written);
      }
      if (value >= least && value <= most) return { value };
      const bounds =
        most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `at least ${least}`;
      return { code: 'out-of-range', message: `${value} is out of range: expected ${bounds}` };
    },
  });

/** true or false. */
export const flag = (): z.ZodType<boolean> =>
  scalar({
    what: 'true or false',
    json: { type: 'boolean' },
    read: (value): Read<boolean> => {
      if (typeof value === 'boolean') return { value };
      if (value === 'true' || value === 'false') return { value: value === 'true' };
      return wrongType('true or false', value);
    },
  });

/** One of a few words; `null` may be one of them. `planned` words are known but not in this version. */
export function choice<const T extends string>(
  words: readonly T[],
  planned: readonly string[] = [],
): z.ZodType<T> {
  const what = `one of ${words.map((each) => `\`${each}\``).join(', ')}`;
  const ofNull = words.find((each) => each === 'null');
  return scalar({
    what,
    json: { enum: ofNull === undefined ? words : [...words, null] },
    ...(ofNull === undefined ? {} : { whenNull: ofNull }),
    read: (value): Read<T> => {
      const found = words.find((each) => each === value);
      if (found !== undefined) return { value: found };
      if (planned.includes(String(value))) {
        return {
          code: 'not-yet',
          message: `\`${String(value)}\` is not in this version`,
          hint: `use ${what}`,
        };
      }
      const near = suggest(String(value), words);
      return {
        code: 'invalid-value',
        message: `expected ${what}, found \`${shorten(String(value))}\``,
        ...(near !== null && { hint: `did you mean \`${near}\`?` }),
      };
    },
  });
}

/** A list with at least one item. */
export const list = <T>(item: z.ZodType<T>): z.ZodType<T[]> => z.array(item).min(1);

/** One thing or another. */
export const either = <A, B>(one: z.ZodType<A>, other: z.ZodType<B>): z.ZodType<A | B> =>
  z.union([one, other]);

/** A map from names to values, in the order written. */
export const mapOf = <T>(
  key: z.ZodType<string>,
  value: z.ZodType<T>,
): z.ZodType<ReadonlyMap<string, T>> =>
  z
    .record(key as z.ZodType<string, string>, value)
    .transform((map) => new Map(Object.entries(map)));

function wrongType(what: string, value: unknown, hint?: string): Refusal {
  const message = `expected ${what}, found ${kindOf(value)}`;
  return { code: 'wrong-type', message, ...(hint !== undefined && { hint }) };
}
