/**
 * All keywords of a definition with their arguments, read beside the shape check so that findings of
 * both come at once.
 */
import type { z } from 'zod';
import { readConnector, readKeywords } from './connectors.ts';
import type { KeywordReading } from './connectors.ts';
import type { Path } from './diagnostic.ts';
import { isRecord } from './read.ts';
import { keysOf, stepInto } from './schema-walk.ts';
import type { Keyed } from './spec.ts';

type Data = Readonly<Record<string, unknown>>;

/** A source's connector and what stands in for it. */
export interface SourceKeywords {
  readonly connector: Keyed | null;
  /** What is read without a server. */
  readonly standIn: Keyed | null;
  /** What is read with --bounded. */
  readonly bounded: Keyed | null;
  /** What is read with --simulate, in the place of an API. */
  readonly simulated: Keyed | null;
}

/** A stage's window, or its row-wise operations in the order written. */
export interface StageKeywords {
  readonly window: Keyed | null;
  readonly operations: readonly Keyed[];
}

/** Keywords by the name of what they belong to; null where they were wrong. */
export interface DefinitionKeywords {
  readonly sources: ReadonlyMap<string, SourceKeywords>;
  readonly stages: ReadonlyMap<string, StageKeywords>;
  readonly sinks: ReadonlyMap<string, Keyed | null>;
  readonly deadLetter: Keyed | null;
}

/** Reads them all, reporting what is wrong. `standInKey` names the stand-in under `instead`. */
export function readDefinitionKeywords(
  data: Data,
  standInKey: string,
  reading: KeywordReading,
): DefinitionKeywords {
  return {
    sources: mapEach(data, 'sources', (written, path) =>
      readSource(written, path, { standInKey, reading }),
    ),
    stages: mapEach(data, 'stages', (written, path) => readStage(written, path, reading)),
    sinks: mapEach(data, 'sinks', (written, path) =>
      readConnector({ written, path, family: 'sink' }, reading),
    ),
    deadLetter: readDeadLetter(data, reading),
  };
}

function mapEach<T>(
  data: Data,
  part: string,
  read: (written: Data, path: Path) => T,
): ReadonlyMap<string, T> {
  const all = data[part];
  if (!isRecord(all)) return new Map();
  return new Map(
    Object.entries(all).flatMap(([name, written]): [string, T][] =>
      isRecord(written) ? [[name, read(written, [part, name])]] : [],
    ),
  );
}

function readSource(
  written: Data,
  path: Path,
  { standInKey, reading }: { standInKey: string; reading: KeywordReading },
): SourceKeywords {
  const { instead } = written;
  const inside = (key: string): Keyed | null => {
    const below = isRecord(instead) ? instead[key] : undefined;
    if (!isRecord(below)) return null;
    return readConnector(
      { written: below, path: [...path, 'instead', key], family: 'source' },
      reading,
    );
  };
  return {
    connector: readConnector({ written, path, family: 'source' }, reading),
    standIn: inside(standInKey),
    bounded: inside('bounded'),
    simulated: inside('simulated'),
  };
}

/** Keys of a stage that only mean something beside `window`. */
const windowKeys = ['group_by', 'aggregate', 'having', 'late', 'emit'] as const;

function readStage(written: Data, path: Path, reading: KeywordReading): StageKeywords {
  const operations = readKeywords({ written, path, family: 'record' }, reading);
  if (!Object.hasOwn(written, 'window')) {
    reportUseless(written, path, reading);
    return { window: null, operations };
  }
  const keywords = reading.vocabulary.keywords.filter(({ family }) => family === 'record');
  for (const { keyword } of keywords) {
    if (!Object.hasOwn(written, keyword)) continue;
    reading.report({
      code: 'mixed-stage',
      message: `a window stage has no \`${keyword}\` of its own`,
      hint: `put \`${keyword}\` into a stage before it, and read that stage by \`from\``,
      path: [...path, keyword],
      atKey: true,
    });
  }
  if (!Object.hasOwn(written, 'aggregate') && !hasUnknownKey(written, path, reading)) {
    reading.report({
      code: 'missing-key',
      message: `\`aggregate\` is missing in \`${String(path.at(-1))}\``,
      hint: 'a window stage says what it computes, e.g. `aggregate: { n: count() }`',
      path,
      atKey: true,
    });
  }
  const { window } = written;
  if (!isRecord(window)) return { window: null, operations };
  const place = { written: window, path: [...path, 'window'], family: 'window' as const };
  return { window: readConnector(place, reading), operations };
}

/** A stage without `window` that groups, or that does nothing. */
function reportUseless(written: Data, path: Path, reading: KeywordReading): void {
  // What is unknown has its own finding, and is most likely the window or the work.
  if (hasUnknownKey(written, path, reading)) return;
  const name = String(path.at(-1));
  const grouping = windowKeys.find((key) => Object.hasOwn(written, key));
  if (grouping !== undefined) {
    reading.report({
      code: 'missing-window',
      message: `\`${grouping}\` needs a \`window\`: grouping without one is not in this version`,
      hint: 'e.g. `window: { tumbling: 10m }`',
      path: [...path, grouping],
      atKey: true,
    });
    return;
  }
  const record = reading.vocabulary.keywords.filter(({ family }) => family === 'record');
  if (record.some(({ keyword }) => Object.hasOwn(written, keyword))) return;
  // A union needs no more.
  if (Array.isArray(written['from']) && written['from'].length > 1) return;
  reading.report({
    code: 'empty-stage',
    message: `\`${name}\` does nothing with its rows`,
    hint: `add ${record.map(({ keyword }) => `\`${keyword}:\``).join(', ')} or \`window:\`, or remove the stage`,
    path,
    atKey: true,
  });
}

function hasUnknownKey(written: Data, path: Path, { shape }: KeywordReading): boolean {
  const schemas = path.reduce<z.core.$ZodType[]>((at, step) => stepInto(at, step), [shape]);
  const known = keysOf(schemas) ?? [];
  return Object.keys(written).some((key) => !known.includes(key));
}

const deadLetterSinks: ReadonlySet<string> = new Set(['kafka', 'file']);

function readDeadLetter({ errors }: Data, reading: KeywordReading): Keyed | null {
  const written = isRecord(errors) ? errors['dead_letter'] : undefined;
  if (!isRecord(written)) return null;
  const path = ['errors', 'dead_letter'];
  const keyed = readConnector({ written, path, family: 'sink' }, reading);
  if (keyed === null || deadLetterSinks.has(keyed.keyword)) return keyed;
  reading.report({
    code: 'invalid-value',
    message: `dead letters cannot go to \`${keyed.keyword}\``,
    hint: 'write them to `kafka` or `file`',
    path: [...path, keyed.keyword],
    atKey: true,
  });
  return null;
}
