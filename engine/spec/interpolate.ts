/**
 * Expanding `${…}` after parsing: in scalar values only, never in keys, expressions or tests.
 */
import type { z } from 'zod';
import { suggest } from '../core/suggest.ts';
import type { Path, Report } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { pathKey } from './locator.ts';
import type { Places, WrittenScalar } from './locator.ts';
import { isSecretName, isSecretPath } from './mask.ts';
import { isRecord } from './read.ts';
import type { SourceText } from './source-text.ts';
import { isExpression, isFree, stepInto } from './schema-walk.ts';
import { readPieces, variableNames } from './variables.ts';
import { quote } from './yaml-traps.ts';

/** What expanding needs. */
export interface Interpolating {
  readonly shape: z.ZodType;
  readonly environment: Environment;
  readonly places: Places;
  readonly source: SourceText;
  readonly report: Report;
}

/** Data without `${…}`. */
export interface Interpolated {
  readonly data: Readonly<Record<string, unknown>>;
  /** Path (as pathKey) → names of the variables written there. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
  /** Values that are never printed. */
  readonly secrets: ReadonlySet<string>;
}

/** Expands a definition's scalars. Variables without a value are reported, all of them. */
export function interpolate(
  data: Readonly<Record<string, unknown>>,
  interpolating: Interpolating,
): Interpolated {
  const variables = new Map<string, readonly string[]>();
  const secrets = new Set<string>();
  const state: State = { ...interpolating, variables, secrets, defaults: parameterDefaults(data) };
  const entries = Object.entries(data).map(([key, value]) => {
    if (key === 'tests') return [key, value] as const;
    return [key, walk(value, [key], stepInto([state.shape], key), state)] as const;
  });
  return { data: Object.fromEntries(entries), variables, secrets };
}

interface State extends Interpolating {
  readonly variables: Map<string, readonly string[]>;
  readonly secrets: Set<string>;
  readonly defaults: ReadonlyMap<string, string>;
}

/** Defaults of `params`, the last place a variable is looked for. */
function parameterDefaults(data: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const { params } = data;
  if (!isRecord(params)) return new Map();
  return new Map(
    Object.entries(params).flatMap(([name, parameter]): [string, string][] => {
      const value = isRecord(parameter) ? parameter['default'] : undefined;
      const plain = ['string', 'number', 'boolean'].includes(typeof value);
      return plain ? [[name, String(value)]] : [];
    }),
  );
}

function walk(value: unknown, path: Path, schemas: z.core.$ZodType[], state: State): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      walk(item, [...path, index], stepInto(schemas, index), state),
    );
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, walk(item, [...path, key], stepInto(schemas, key), state)] as const,
    );
    return Object.fromEntries(entries);
  }
  if (isExpression(schemas)) return expressionText(value, path, state);
  const expanded =
    typeof value === 'string' && value.includes('${')
      ? expandScalar(value, path, isFree(schemas), state)
      : value;
  const isText = ['string', 'number'].includes(typeof expanded) && expanded !== '';
  if (isText && isSecretPath(path)) state.secrets.add(expanded as string);
  return expanded;
}

/** The text of an expression as it is written: `1.0` stays `1.0`. */
function expressionText(value: unknown, path: Path, state: State): unknown {
  const { report, places } = state;
  const scalar = places.get(path)?.scalar ?? null;
  if (scalar === null || value === null) return value;
  const text = scalar.decoded;
  reportComment(scalar, path, state);
  for (const piece of readPieces(text)) {
    if (piece.kind === 'text') continue;
    report({
      code: 'variable-in-expression',
      message: '`${…}` is not expanded inside expressions',
      hint: 'declare it under `params:` with a type and write `$NAME`',
      path,
      range: piece,
    });
  }
  return text;
}

/** `where: city = 'a #b'`: in YAML the rest is a comment. */
function reportComment({ decoded, style, inner }: WrittenScalar, path: Path, state: State): void {
  const rest = state.source.text.slice(inner[1]);
  const open = [/'/g, /"/g].some((mark) => (decoded.match(mark)?.length ?? 0) % 2 === 1);
  if (style !== 'plain' || !open || !/^[ \t]+#/.test(rest)) return;
  state.report({
    code: 'comment-in-value',
    message: 'a # after a space begins a comment in YAML: the rest of the line is not read',
    hint: `quote it: ${quote(`${decoded}${rest.split('\n', 1)[0] ?? ''}`.trimEnd())}`,
    path,
  });
}

function expandScalar(text: string, path: Path, free: boolean, state: State): unknown {
  state.variables.set(pathKey(path), variableNames(text));
  const expanded = expand(text, path, state, []);
  const [piece, ...others] = readPieces(text);
  // Options handed through have no declared type: a scalar that is all variable is read as YAML would.
  return free && piece?.kind === 'variable' && others.length === 0 ? readPlain(expanded) : expanded;
}

const readPlain = (text: string): unknown => {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
};

/** Deeper defaults in defaults are a mistake. */
const deepest = 10;

/** `within`: the variables whose defaults are being expanded, from the outside. */
function expand(text: string, path: Path, state: State, within: readonly string[]): string {
  const { environment, report } = state;
  const depth = within.length;
  const parts = readPieces(text).map((piece) => {
    if (piece.kind === 'text') return piece.text;
    const range = depth === 0 ? { range: { from: piece.from, to: piece.to } } : {};
    if (piece.kind === 'broken' || depth > deepest) {
      report({
        code: 'bad-variable',
        message:
          'this is no variable: expected `${NAME}`, `${NAME:-default}` or `${NAME:?message}`',
        hint: 'write `$${` for the characters `${` themselves',
        path,
        ...range,
      });
      return '';
    }
    const { name, fallback, complaint } = piece;
    // A parameter's own default may say what it is without one: `default: "${LEAST:-2}"`.
    const declared = within.includes(name) ? undefined : state.defaults.get(name);
    const inner = [...within, name];
    const value =
      environment.value(name) ??
      (declared === undefined ? undefined : expand(declared, path, state, inner));
    const present = value !== undefined && (value !== '' || (fallback ?? complaint) === null);
    if (present) {
      if (isSecretName(name) && value !== '') state.secrets.add(value);
      return value;
    }
    if (fallback !== null) return expand(fallback, path, state, inner);
    report({ code: 'unset-variable', ...unsetWords(name, complaint, environment), path, ...range });
    return '';
  });
  return parts.join('');
}

function unsetWords(
  name: string,
  complaint: string | null,
  environment: Environment,
): { message: string; hint: string } {
  const said = complaint === null || complaint === '' ? '' : `: ${complaint}`;
  const near = suggest(name, environment.names());
  const way = `set it in the environment, in .env, or with --set ${name}=…`;
  return {
    message: `the variable ${name} has no value${said}`,
    hint:
      near === null
        ? `${way}; \`\${${name}:-default}\` gives it a default`
        : `did you mean ${near}? Else ${way}`,
  };
}
