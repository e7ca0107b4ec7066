/** date_trunc date_part to_timestamp from_unixtime, on the calendar of the pipeline's time zone. */
import { textOf } from '../../batch.ts';
import type { BytesVector, TextVector } from '../../batch.ts';
import { EngineError } from '../../../errors.ts';
import { compilePattern, type DatePattern } from '../../time/pattern.ts';
import { encodeUtf8 } from '../../utf8.ts';
import { DATE_PARTS, datePart, formatLocal, TRUNCATIONS, truncateTo } from '../calendar.ts';
import type { ArgumentProblem, FunctionEntry, RuntimeFunction, Writer } from '../function.ts';
import { quoted, raise } from '../failure.ts';
import { literalOf } from '../javascript.ts';
import { guard, strict } from '../strict.ts';
import type { StrictCode } from '../strict.ts';
import { suggest } from '../suggest.ts';
import type { CallExpression, LiteralExpression, TypedExpression } from '../types.ts';
import { parseTimestamp, timestampOfSeconds } from './cast.ts';
import { isNullAt } from './text-order.ts';
import { zoneConstant } from './zone.ts';

/** The first argument must be one of `words`. */
const oneOf =
  (words: readonly string[]) =>
  ([unit]: readonly TypedExpression[]): ArgumentProblem | null => {
    const word = unit?.kind === 'literal' ? String(unit.value) : '';
    if (words.includes(word)) return null;
    const near = suggest(word, words);
    const hint = near === null ? `there are ${words.join(', ')}` : `did you mean '${near}'?`;
    return { argument: 0, message: `'${word}' is no part of a date`, hint };
  };

/** Code of `runtime(first, second, zone)`. */
const inZone =
  (runtime: typeof truncateTo): StrictCode =>
  ([unit, value], { args }, writer) =>
    `${writer.use(runtime)}(${unit}, ${value}, ${zoneConstant(args[2], writer)})`;

const dateTrunc: FunctionEntry = {
  name: 'date_trunc',
  usage: "date_trunc('hour', timestamp)",
  summary: 'The beginning of the second, minute, hour, day, week, month, quarter or year.',
  arguments: ['text literal', 'timestamp'],
  type: 'timestamp',
  zoned: true,
  check: oneOf(TRUNCATIONS),
  write: strict(inZone(truncateTo)),
};

const datePartOf: FunctionEntry = {
  name: 'date_part',
  usage: "date_part('hour', timestamp)",
  summary: 'One part of the local date or time, e.g. year, week, day, dayofweek, hour.',
  arguments: ['text literal', 'timestamp'],
  type: 'int',
  zoned: true,
  check: oneOf(DATE_PARTS),
  write: strict(inZone(datePart)),
};

/** A pattern as a literal, if the call has one. */
const patternOf = (args: readonly TypedExpression[]): string | null => {
  const [, pattern] = args;
  return pattern?.kind === 'literal' ? String(pattern.value) : null;
};

const toTimestamp: FunctionEntry = {
  name: 'to_timestamp',
  usage: "to_timestamp('2024-03-28 00:00:00' [, 'yyyy-MM-dd HH:mm:ss'])",
  summary: 'Text as a timestamp, local where it names no offset; what does not fit fails the row.',
  arguments: ['string', 'text literal'],
  optional: 1,
  type: 'timestamp',
  zoned: true,
  check(args) {
    const pattern = patternOf(args);
    if (pattern === null) return null;
    const compiled = compilePattern(pattern, { timezone: 'UTC', ambiguous: 'earlier' });
    return 'problem' in compiled ? { ...compiled.problem, argument: 1 } : null;
  },
  fails: () => true,
  write(call, writer, block) {
    const [column] = call.args;
    const isRaw = column?.kind === 'column' && block.known(column.slot) === undefined;
    if (!isRaw || !hasPattern(call)) return writeTextToTimestamp(call, writer, block);
    // Text that nobody has decoded yet is read from its bytes.
    const vector = writer.textColumn(column.slot, column.name);
    const value = `${readerOf(dateColumnReader, call, writer)}(${vector}, row)`;
    const nulls = column.nullable ? [`${writer.use(isNullAt)}(${vector}, row)`] : [];
    return guard({ value, nulls }, call, { writer, block });
  },
};

/** Whether a checked call, which has the zone at its end, has a pattern too. */
const hasPattern = ({ args }: CallExpression): boolean => args.length > 2;

const writeTextToTimestamp = strict(([text], call, writer) =>
  hasPattern(call)
    ? `${readerOf(dateReader, call, writer)}(${text})`
    : `${writer.use(parseTimestamp)}(${text}, ${lastZone(call, writer)})`,
);

/** The constant that holds a reader of a call's pattern, in the zone of the pipeline. */
function readerOf(open: RuntimeFunction, { args }: CallExpression, writer: Writer): string {
  const [pattern, zone] = args.slice(1) as [LiteralExpression, LiteralExpression];
  const options = [pattern, zone].map(({ value }) => literalOf(value ?? '')).join(', ');
  return writer.constant('dates', `${writer.use(open)}(${options})`);
}

/** A pattern that has been checked, read in a zone. */
function patternIn(pattern: string, timezone: string): DatePattern {
  const compiled = compilePattern(pattern, { timezone, ambiguous: 'earlier' });
  if ('pattern' in compiled) return compiled.pattern;
  throw new EngineError('ENG_INVARIANT', `engine bug: no date pattern ${pattern}`);
}

/** Reads local text by a pattern that has been checked; fails the row for text that does not fit. */
export function dateReader(pattern: string, timezone: string): (text: string) => number {
  const dates = patternIn(pattern, timezone);
  const scratch = new Uint8Array(64);
  let lastText: string | null = null;
  let lastMs = NaN;
  return (text) => {
    // Rows that follow each other are often of the same second.
    if (text === lastText) return lastMs;
    // An encoder's call costs more than reading the date does.
    const length = copyAscii(text, scratch);
    const bytes = length < 0 ? encodeUtf8(text) : scratch;
    const end = length < 0 ? bytes.length : length;
    const epochMs = dates.read(bytes, 0, end);
    if (Number.isNaN(epochMs)) raise(`${quoted(text)} is no ${pattern}`);
    lastText = text;
    lastMs = epochMs;
    return epochMs;
  };
}

/** As dateReader, for a row of a text column that is not null. */
export function dateColumnReader(
  pattern: string,
  timezone: string,
): (vector: BytesVector | TextVector, row: number) => number {
  const dates = patternIn(pattern, timezone);
  const readText = dateReader(pattern, timezone);
  return (vector, row) => {
    if (vector.kind === 'text') return readText(vector.values[row] ?? '');
    const from = vector.start[row] as number;
    const to = vector.end[row] as number;
    const epochMs = dates.read(vector.bytes, from, to);
    if (Number.isNaN(epochMs)) raise(`${quoted(textOf(vector.bytes, from, to))} is no ${pattern}`);
    return epochMs;
  };
}

/** Writes a short ASCII text into `into`; its length, or −1 when it is longer or something else. */
function copyAscii(text: string, into: Uint8Array): number {
  const { length } = text;
  if (length > into.length) return -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return -1;
    into[i] = code;
  }
  return length;
}

const lastZone = ({ args }: CallExpression, writer: Writer): string =>
  zoneConstant(args.at(-1), writer);

const fromUnixtime: FunctionEntry = {
  name: 'from_unixtime',
  usage: 'from_unixtime(seconds)',
  summary: 'Seconds since 1970 as local text, yyyy-MM-dd HH:mm:ss.',
  arguments: ['number'],
  type: 'string',
  zoned: true,
  fails: () => true,
  write: strict(([seconds], call, writer) => {
    const instant = `${writer.use(timestampOfSeconds)}(Math.floor(${seconds}))`;
    return `${writer.use(formatLocal)}(${instant}, ${lastZone(call, writer)})`;
  }),
};

/** The entries of this family. */
export const times: readonly FunctionEntry[] = [dateTrunc, datePartOf, toTimestamp, fromUnixtime];
