/**
 * What a shape found wrong, in our own words: no text of the validator reaches a person.
 */
import type { z } from 'zod';
import { suggest } from '../core/suggest.ts';
import { rightWords } from './aliases.ts';
import type { Finding, Path, Report } from './diagnostic.ts';
import type { Vocabulary } from './keyword.ts';
import { isPlanned } from './planned.ts';
import { pathKey } from './locator.ts';
import { kindOf } from './scalar.ts';
import { keysOf, stepInto } from './schema-walk.ts';

/** What is needed to word issues. */
export interface Wording {
  readonly report: Report;
  readonly vocabulary: Vocabulary;
  /** The whole shape, with all keywords in it: what would have been right at a place. */
  readonly shape: z.ZodType;
  /** The data that was checked, and where its root stands in the definition. */
  readonly data: unknown;
  /** Path in the data → path in the definition. */
  readonly place: (path: Path) => Path;
}

type Issue = z.core.$ZodIssue;

/** Reports all issues of a failed check. A key that is misspelt is not reported missing as well. */
export function reportIssues(issues: readonly Issue[], wording: Wording): void {
  const flat = issues.flatMap(flatten);
  const misspelt = new Set<string>();
  for (const issue of flat) {
    if (issue.code !== 'unrecognized_keys') continue;
    const place = wording.place(issue.path as Path);
    for (const key of issue.keys.slice(0, mostKeys)) {
      const meant = meantKey(key, keysAt(place, wording), wording.vocabulary);
      if (meant !== null) misspelt.add(pathKey([...place, meant]));
    }
  }
  for (const issue of flat) {
    const place = wording.place(issue.path as Path);
    if (issue.code === 'unrecognized_keys' || !misspelt.has(pathKey(place))) {
      reportIssue(issue, wording);
    }
  }
}

/** Unknown keys of one map that are worded at most. */
const mostKeys = 100;

/** Unions are replaced by the issues of the branch that fits the kind of the value. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [first] = issue.errors;
  const branch = issue.errors.find((issues) => !issues.some(isKindMismatch)) ?? first ?? [];
  return branch.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

const isKindMismatch = (issue: Issue): boolean =>
  issue.path.length === 0 &&
  (issue.code === 'invalid_type' ||
    (issue.code === 'custom' && issue.params?.['code'] === 'wrong-type'));

function reportIssue(issue: Issue, wording: Wording): void {
  const path = issue.path as (string | number)[];
  const place = wording.place(path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys.slice(0, mostKeys)) {
      wording.report(unknownKey(key, place, wording));
    }
    return;
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    wording.report({ ...wordOf(inner), path: place, atKey: true });
    return;
  }
  if (valueAt(wording.data, path) === undefined && path.length > 0) {
    wording.report(missingKey(String(path.at(-1)), wording.place(path.slice(0, -1)), issue));
    return;
  }
  const value = valueAt(wording.data, path);
  wording.report({ ...wordOf(issue, value, keysAt(place, wording)), path: place });
}

/** Code, message and hint of an issue about one value, which may have `keys`. */
function wordOf(
  issue: Issue | undefined,
  value?: unknown,
  keys: readonly string[] = [],
): Omit<Finding, 'path'> {
  if (issue?.code === 'custom') {
    const { code, hint } = (issue.params ?? {}) as { code?: string; hint?: string };
    return {
      code: code ?? 'invalid-value',
      message: issue.message,
      ...(hint !== undefined && { hint }),
    };
  }
  if (issue?.code === 'too_small') {
    const hint = 'add an item, or remove the key';
    return { code: 'empty-list', message: 'this list needs at least one item', hint };
  }
  if (issue?.code === 'invalid_type') {
    const expected = kinds.get(issue.expected) ?? 'another kind of value';
    const message = `expected ${expected}, found ${kindOf(value)}`;
    const hint = keys.length > 0 ? `its keys: ${keys.join(', ')}` : undefined;
    return { code: 'wrong-type', message, ...(hint !== undefined && { hint }) };
  }
  return { code: 'invalid-value', message: `${kindOf(value)} does not fit here` };
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['object', 'a map'],
  ['record', 'a map'],
  ['map', 'a map'],
  ['array', 'a list'],
  ['tuple', 'a list'],
  ['string', 'text'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
]);

function missingKey(key: string, parent: Path, issue: Issue): Finding {
  const expected = issue.code === 'custom' ? issue.message.replace(/^expected /, '') : null;
  const name = parent.at(-1);
  const where = typeof name === 'string' ? ` in \`${name}\`` : '';
  const hint = expected === null ? `add \`${key}:\`` : `add \`${key}:\` with ${expected}`;
  return {
    code: 'missing-key',
    message: `\`${key}\` is missing${where}`,
    hint,
    path: parent,
    atKey: true,
  };
}

/** The finding for a key that may not stand where it does. */
function unknownKey(key: string, place: Path, wording: Wording): Finding {
  const path = [...place, key];
  const keys = keysAt(place, wording);
  if (isPlanned(place, key)) {
    const hint = `in this version there is: ${keys.join(', ')}`;
    return {
      code: 'not-yet',
      message: `\`${key}\` is not in this version`,
      hint,
      path,
      atKey: true,
    };
  }
  const where = place.length === 0 ? 'at the top' : `in \`${String(place.at(-1))}\``;
  const message = `there is no key \`${key}\` ${where}`;
  return {
    code: 'unknown-key',
    message,
    hint: keyHint(key, keys, place, wording),
    path,
    atKey: true,
  };
}

const schemasAt = (place: Path, { shape }: Wording): z.core.$ZodType[] =>
  place.reduce<z.core.$ZodType[]>((at, step) => stepInto(at, step), [shape]);

/** The keys the map at a place may have; none when any will do. */
const keysAt = (place: Path, wording: Wording): string[] => [
  ...new Set(keysOf(schemasAt(place, wording)) ?? []),
];

/** The key that was meant: another tool's word for it, another spelling, or a slip. */
function meantKey(key: string, keys: readonly string[], vocabulary: Vocabulary): string | null {
  return rightWords(key, vocabulary).find((word) => keys.includes(word)) ?? suggest(key, keys);
}

function keyHint(key: string, keys: readonly string[], place: Path, wording: Wording): string {
  const right = rightWords(key, wording.vocabulary).find((word) => keys.includes(word));
  if (right !== undefined) return `write \`${right}\``;
  const schemas = schemasAt(place, wording);
  const above = keys.find((each) => keysOf(stepInto(schemas, each))?.includes(key) === true);
  if (above !== undefined) return `\`${key}\` stands under \`${above}:\``;
  const near = suggest(key, keys);
  if (near !== null) return `did you mean \`${near}\`?`;
  return keys.length === 0 ? 'remove it' : `keys here: ${keys.join(', ')}`;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    return (value as Readonly<Record<string | number, unknown>>)[step];
  }, data);
}
