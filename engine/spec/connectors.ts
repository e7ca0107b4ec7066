/**
 * Keywords and their arguments: `{ sliding: 1h, every: 5m }` → `{ keyword: 'sliding', args }`.
 */
import type { z } from 'zod';
import type { Path, Report } from './diagnostic.ts';
import { reportIssues } from './issues.ts';
import type { Keyword, KeywordFamily, Vocabulary } from './keyword.ts';
import type { Places } from './locator.ts';
import { isPlanned } from './planned.ts';
import { isRecord } from './read.ts';
import { keysOf, stepInto } from './schema-walk.ts';
import type { Keyed } from './spec.ts';

/** What reading keywords needs. */
export interface KeywordReading {
  readonly report: Report;
  readonly vocabulary: Vocabulary;
  readonly shape: z.ZodType;
  readonly places: Places;
}

/** A map that holds keywords, and where it stands. */
export interface KeywordPlace {
  readonly written: Readonly<Record<string, unknown>>;
  readonly path: Path;
  readonly family: KeywordFamily;
}

/** Reads the one keyword of a map; reports when there is none or more than one. */
export function readConnector(place: KeywordPlace, reading: KeywordReading): Keyed | null {
  const keywords = keywordsIn(place, reading.vocabulary);
  const [first, ...others] = keywords;
  if (first === undefined) {
    reportMissing(place, reading);
    return null;
  }
  for (const { keyword } of others) {
    reading.report({
      code: 'several-connectors',
      message: `there is \`${first.keyword}\` already: only one of the two can stand here`,
      hint: `remove \`${first.keyword}\` or \`${keyword}\``,
      path: [...place.path, keyword],
      atKey: true,
    });
  }
  if (others.length > 0) return null;
  reportStray(first, place, reading);
  return readKeyword(first, place, reading);
}

/** Reads all keywords of a map, in the order written. */
export function readKeywords(place: KeywordPlace, reading: KeywordReading): Keyed[] {
  return keywordsIn(place, reading.vocabulary).flatMap(
    (keyword) => readKeyword(keyword, place, reading) ?? [],
  );
}

const familyOf = (family: KeywordFamily, { keywords }: Vocabulary): Keyword[] =>
  keywords.filter((keyword) => keyword.family === family && keyword.internal !== true);

function keywordsIn({ written, family }: KeywordPlace, vocabulary: Vocabulary): Keyword[] {
  const byName = new Map(familyOf(family, vocabulary).map((each) => [each.keyword, each]));
  return Object.keys(written).flatMap((key) => byName.get(key) ?? []);
}

function reportMissing({ written, path, family }: KeywordPlace, reading: KeywordReading): void {
  // A key that is unknown or planned has its own finding, and is most likely the connector.
  const schemas = path.reduce<z.core.$ZodType[]>((at, step) => stepInto(at, step), [reading.shape]);
  const known = keysOf(schemas) ?? [];
  if (Object.keys(written).some((key) => isPlanned(path, key) || !known.includes(key))) return;
  const names = familyOf(family, reading.vocabulary).map(({ keyword }) => keyword);
  reading.report({
    code: 'missing-connector',
    message: `\`${String(path.at(-1))}\` does not say ${purposes[family]}`,
    hint: `add one of ${names.map((name) => `\`${name}:\``).join(', ')}`,
    path,
    atKey: true,
  });
}

const purposes: Readonly<Record<KeywordFamily, string>> = {
  source: 'where its records come from',
  sink: 'where its rows go',
  window: 'what windows it has',
  record: 'what happens to its rows',
};

/** Options of another keyword than the one that is there. */
function reportStray(chosen: Keyword, place: KeywordPlace, reading: KeywordReading): void {
  for (const other of familyOf(place.family, reading.vocabulary)) {
    for (const name of other.beside ?? []) {
      if (chosen.beside?.includes(name) === true || !Object.hasOwn(place.written, name)) continue;
      reading.report({
        code: 'stray-option',
        message: `\`${name}\` belongs to \`${other.keyword}\`, not to \`${chosen.keyword}\``,
        hint: `remove it, or write \`${other.keyword}:\``,
        path: [...place.path, name],
        atKey: true,
      });
    }
  }
}

/** Holds a keyword's value, with the fields beside it, against its declaration. */
function readKeyword(keyword: Keyword, place: KeywordPlace, reading: KeywordReading): Keyed | null {
  const path = [...place.path, keyword.keyword];
  const value = place.written[keyword.keyword];
  const short = isRecord(value) || value === null ? undefined : keyword.short;
  const beside = (keyword.beside ?? []).filter((name) => Object.hasOwn(place.written, name));
  const input = gather(value, short, place.written, beside);
  for (const name of beside) {
    const written = reading.places.get([...place.path, name]);
    if (written !== null) reading.places.set([...path, name], written);
  }
  const result = keyword.fields.safeParse(input);
  if (result.success) return { keyword: keyword.keyword, args: result.data };
  const inPlace = ([head, ...rest]: Path): Path => {
    if (head === undefined || head === short) return [...path, ...rest];
    return beside.includes(String(head))
      ? [...place.path, head, ...rest]
      : [...path, head, ...rest];
  };
  reportIssues(result.error.issues, { ...reading, data: input, place: inPlace });
  return null;
}

function gather(
  value: unknown,
  short: string | undefined,
  written: Readonly<Record<string, unknown>>,
  beside: readonly string[],
): unknown {
  if (short === undefined && !isRecord(value)) return value;
  const own = short === undefined ? Object.entries(value as object) : [[short, value] as const];
  return Object.fromEntries([...beside.map((name) => [name, written[name]] as const), ...own]);
}
