/**
 * The one way a scalar of the language is declared: what it accepts, in our words, and its JSON
 * schema. zod's own messages never come up for them.
 */
import { z } from 'zod';
import { marks } from './schema-walk.ts';

/** What is wrong with a scalar. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** A value read from a scalar, or why it cannot be. */
export type Read<T> = { readonly value: T } | Refusal;

/** A scalar of the language. */
export interface ScalarDeclaration<T> {
  /** Completes "expected …", e.g. `a duration such as 10s`. */
  readonly what: string;
  /** JSON schema of what people write; `${…}` is added to every one of them. */
  readonly json: Readonly<Record<string, unknown>>;
  read(value: string | number | boolean): Read<T>;
  /** What an unquoted `null` means; nothing unless given. */
  readonly whenNull?: T;
  /** Own words for a list or a map at this place; null for the usual ones. */
  refuse?(value: object): Refusal | null;
}

/** A zod schema for a scalar. Missing, empty and nested values are refused in plain words. */
export function scalar<T>(declaration: ScalarDeclaration<T>): z.ZodType<T> {
  const { what, json } = declaration;
  return z
    .unknown()
    .transform((value, context): T => {
      const own = typeof value === 'object' && value !== null ? declaration.refuse?.(value) : null;
      if (value === null && declaration.whenNull !== undefined) return declaration.whenNull;
      const result = isScalar(value) ? declaration.read(value) : (own ?? refuseKind(value, what));
      if ('value' in result) return result.value;
      const { code, message, hint } = result;
      context.addIssue({ code: 'custom', message, params: { code, hint } });
      return z.NEVER;
    })
    .meta(json)
    .register(marks, { what });
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function refuseKind(value: unknown, what: string): Refusal {
  if (value === undefined) return { code: 'missing-key', message: `expected ${what}` };
  return { code: 'wrong-type', message: `expected ${what}, found ${kindOf(value)}` };
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `\`${shorten(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

/** A text short enough for a message. */
export const shorten = (text: string): string =>
  text.length > 60 ? `${text.slice(0, 57)}…` : text;
