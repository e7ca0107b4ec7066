/**
 * Date patterns in the letters that Spark and Flink share with java.time:
 *
 *     yyyy uuuu  year      M MM  month 1–12     MMM   Jan … Dec     d dd  day
 *     H HH  hour 0–23      h hh  hour 1–12, with a: AM or PM        m mm  minute
 *     s ss  second         S … SSSSSSSSS  fraction of it            X XX XXX  Z, +02, +0200, +02:00
 *     'text' and everything that is no letter stand for themselves, '' is a quote
 *
 * A doubled letter takes two digits, a single one takes one or two. Reading is strict: dates that
 * exist, nothing left over. Text without an offset is local time of a zone (T1).
 */
import { FixedReader, isFixed } from './fixed-reader.ts';
import type { DateStep } from './pattern-reader.ts';
import { PatternReader } from './pattern-reader.ts';
import type { PatternProblem, Token } from './pattern-tokens.ts';
import { readTokens, stepsOf } from './pattern-tokens.ts';
import type { Ambiguous } from './zone.ts';
import { openZone } from './zone.ts';

/** A compiled pattern. Holds scratch space: every thread compiles its own. */
export interface DatePattern {
  /** Epoch ms of the text bytes[from, to), NaN when it does not fit the pattern. */
  read(bytes: Uint8Array, from: number, to: number): number;
}

/** How local times become instants. */
export interface PatternOptions {
  /** A zone that `isZone` knows. */
  readonly timezone: string;
  readonly ambiguous: Ambiguous;
}

/** Compiles a pattern, or says where it is wrong. */
export function compilePattern(
  pattern: string,
  { timezone, ambiguous }: PatternOptions,
): { readonly pattern: DatePattern } | { readonly problem: PatternProblem } {
  const tokens = readTokens(pattern);
  if ('message' in tokens) return { problem: tokens };
  const steps: DateStep[] = [];
  for (const token of tokens) {
    const read = stepsOf(token);
    if ('message' in read) return { problem: read };
    steps.push(...read);
  }
  const problem = misuse(pattern, tokens);
  if (problem !== null) return { problem };
  const zone = openZone(timezone);
  const Reader = isFixed(steps) ? FixedReader : PatternReader;
  return { pattern: new Reader(steps, zone, ambiguous) };
}

/** Letters by what they read: no two of a group may be in a pattern. */
const GROUPS = [
  { letters: ['y', 'u'], name: 'year', example: 'yyyy' },
  { letters: ['M'], name: 'month', example: 'MM' },
  { letters: ['d'], name: 'day', example: 'dd' },
  { letters: ['H', 'h'], name: 'hour', example: 'HH' },
  { letters: ['m'], name: 'minute', example: 'mm' },
  { letters: ['s'], name: 'second', example: 'ss' },
  { letters: ['S'], name: 'fraction', example: 'SSS' },
  { letters: ['a'], name: 'half of the day', example: 'a' },
  { letters: ['X'], name: 'offset', example: 'XXX' },
];

/** Letters that are right by themselves but not together. */
function misuse(pattern: string, tokens: readonly Token[]): PatternProblem | null {
  const find = (letter: string): Token | undefined => tokens.find((t) => t.letter === letter);
  for (const { letters, name } of GROUPS) {
    const [, second] = tokens.filter(({ letter }) => letters.includes(letter));
    if (second !== undefined) return twice(second, name);
  }
  for (const { letters, name, example } of GROUPS.slice(0, 3)) {
    if (letters.some((letter) => find(letter) !== undefined)) continue;
    const minute = find('m');
    if (name === 'month' && minute !== undefined) {
      return problemAt(minute, `${minute.text} is the minute`, 'the month is MM');
    }
    const whole = { from: 0, to: pattern.length };
    return problemAt(whole, `the pattern has no ${name}`, `the ${name} is ${example}`);
  }
  const hour = find('h');
  const half = find('a');
  if (hour !== undefined && half === undefined) {
    return problemAt(hour, `${hour.text} is an hour from 1 to 12`, 'hours from 0 to 23 are HH');
  }
  if (half !== undefined && hour === undefined) {
    return problemAt(half, 'AM or PM needs an hour from 1 to 12', 'such hours are hh');
  }
  return null;
}

function twice(token: Token, name: string): PatternProblem {
  const hints = new Map([
    ['month', 'MM is the month, the minute is mm'],
    ['minute', 'mm is the minute, the month is MM'],
    ['second', 'ss is the second, fractions of it are SSS'],
    ['fraction', 'SSS is a fraction, the second is ss'],
  ]);
  const hint = hints.get(name) ?? `the ${name} stands once in a pattern`;
  return problemAt(token, `${token.text} reads the ${name} a second time`, hint);
}

const problemAt = (
  { from, to }: { from: number; to: number },
  message: string,
  hint: string,
): PatternProblem => ({ message, hint, range: { from, to } });
