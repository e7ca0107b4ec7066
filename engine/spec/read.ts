/**
 * Text → data with positions. Strict: what the YAML parser only warns about is an error here.
 */
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Collector } from './collect.ts';
import { composeData, rangeOf } from './compose.ts';
import type { TextFault } from './compose.ts';
import { createPlaces } from './locator.ts';
import type { Places } from './locator.ts';
import type { Range, SourceText } from './source-text.ts';
import { isHarmless, wordFault } from './yaml-faults.ts';
import { findTraps } from './yaml-traps.ts';

/** The largest definition, bytes of UTF-8. */
export const largestDefinitionBytes = 1_048_576;

/** Bare data of a definition. */
export interface Reading {
  readonly data: Readonly<Record<string, unknown>>;
  readonly places: Places;
}

/**
 * Reads a definition's text. Faults go to the collector; null when nothing useful can be said about
 * the rest. Never throws.
 */
export function read(source: SourceText, collector: Collector): Reading | null {
  const fault = (found: TextFault): void => collector.at(source.span(found.range), found);
  const unfit = findUnfit(source.text);
  if (unfit !== null) {
    fault(unfit);
    return null;
  }
  try {
    return readDocument(source, fault);
  } catch (thrown) {
    // Deep nesting exhausts the stack of any recursive walk, the parser's included.
    if (!(thrown instanceof RangeError)) throw thrown;
    fault({ code: 'yaml-syntax', message: 'this is nested too deeply', range: [0, 0] });
    return null;
  }
}

/** Text that is not parsed at all. */
function findUnfit(text: string): TextFault | null {
  const bytes = text.length > largestDefinitionBytes ? text.length : utf8Length(text);
  if (bytes > largestDefinitionBytes) {
    return {
      code: 'definition-too-large',
      message: 'a definition is at most 1 MiB of text',
      hint: 'keep data in files of its own',
      range: [0, 0],
    };
  }
  const deep = findDeep(text);
  if (deep >= 0) {
    const message = `brackets are nested more than ${deepestBrackets} deep`;
    return { code: 'yaml-syntax', message, range: [deep, deep + 1] };
  }
  const control = text.search(controlCharacters);
  if (control < 0) return null;
  const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'yaml-syntax',
    message: `the invisible character U+${code} is not allowed`,
    hint: 'remove it; inside double quotes it can be written as an escape',
    range: [control, control + 1],
  };
}

/** The parser takes quadratic time over nested brackets, and no definition needs many. */
const deepestBrackets = 200;

/** Offset of the bracket that is too deep, brackets in text counted as well; −1 if none is. */
function findDeep(text: string): number {
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > deepestBrackets) return index;
  }
  return -1;
}

const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/;

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

function readDocument(source: SourceText, fault: (found: TextFault) => void): Reading | null {
  const document: Document = parseDocument(source.text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    // Found while composing, where the first of the two is known.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    // 'silent' would also silence the complaint about a second document.
    logLevel: 'error',
  });
  const traps = findTraps(document, source.text);
  traps.faults.forEach(fault);
  const { brokenFrom } = traps;
  const known = { ranges: traps.faults.map(({ range }) => range), brokenFrom };
  const sound = reportErrors(document, source, known, fault) && brokenFrom === Infinity;
  if (!sound) return null;
  const places = createPlaces();
  let holes = 0;
  const data = composeData({
    source,
    document,
    places,
    fault: (found) => {
      // What could not be composed leaves a hole: what is missing there is no finding of its own.
      if (holeCodes.has(found.code)) holes++;
      fault(found);
    },
    mended: traps.mended,
    fragments: traps.fragments,
  });
  if (holes > 0) return null;
  if (isRecord(data)) return { data, places };
  if (traps.faults.length === 0) reportRoot(data, document, fault);
  return null;
}

const holeCodes: ReadonlySet<string> = new Set([
  'unknown-alias',
  'alias-limit',
  'definition-too-large',
]);

/** Words the parser's errors and warnings, one a line. True when the data can still be used. */
function reportErrors(
  document: Document,
  source: SourceText,
  known: { readonly ranges: readonly Range[]; readonly brokenFrom: number },
  fault: (found: TextFault) => void,
): boolean {
  const lines = new Set<number>();
  const worded = new Set<number>();
  let sound = true;
  for (const error of [...document.errors, ...document.warnings]) {
    const [at] = error.pos;
    const covered = known.ranges.some((range) => at >= range[0] && at <= range[1]);
    if (covered || at >= known.brokenFrom) continue;
    if (!isHarmless(error)) sound = false;
    // One a line, and not without end: the later ones are consequences of the first.
    const { line } = source.span([at, at]);
    if (lines.has(line) || lines.size >= mostFaults) continue;
    lines.add(line);
    const found = wordFault(error, source.text, document);
    const { line: shown } = source.span(found.range);
    if (!worded.has(shown)) fault(found);
    worded.add(shown);
  }
  return sound;
}

/** Faults of the text worded at most. */
const mostFaults = 50;

function reportRoot(data: unknown, document: Document, fault: (found: TextFault) => void): void {
  const range = rangeOf(document.contents) ?? [0, 0];
  if (data === null) {
    fault({
      code: 'empty-definition',
      message: 'there is nothing in this definition',
      hint: 'begin with `name:`, `sources:` and `sinks:`',
      range,
    });
    return;
  }
  fault({
    code: 'wrong-type',
    message: 'a definition is a map of keys such as `name:`, `sources:` and `sinks:`',
    range,
  });
}

/** True for a string-keyed map of data. */
export const isRecord = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);
