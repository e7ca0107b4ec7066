/** The letters of date patterns, one token at a time. */
import { encodeUtf8 } from '../utf8.ts';
import type { DateField, DateStep } from './pattern-reader.ts';

/** What is wrong with a pattern; `range` is in UTF-16 units of its text. */
export interface PatternProblem {
  readonly message: string;
  readonly hint: string;
  readonly range: { readonly from: number; readonly to: number };
}

/** One letter, repeated, or text that stands for itself (`letter` is empty). */
export interface Token {
  readonly from: number;
  readonly to: number;
  readonly letter: string;
  readonly text: string;
}

/** Cuts a pattern into tokens; a problem if a quote is not closed. */
export function readTokens(pattern: string): Token[] | PatternProblem {
  const tokens: Token[] = [];
  for (const match of pattern.matchAll(/([A-Za-z])\1*|'((?:[^']|'')*)'|'|[^A-Za-z']+/g)) {
    const [piece, letter = '', quoted] = match;
    const from = match.index;
    const to = from + piece.length;
    if (piece === "'") {
      return {
        message: 'a quote is not closed',
        hint: "a quote that stands for itself is ''",
        range: { from, to: pattern.length },
      };
    }
    const text = quoted === '' ? "'" : (quoted?.replaceAll("''", "'") ?? piece);
    tokens.push({ from, to, letter, text });
  }
  return tokens;
}

/** Fields of one or two digits. */
const SHORT = new Map<string, DateField>([
  ['M', 'month'],
  ['d', 'day'],
  ['H', 'hour'],
  ['h', 'hour12'],
  ['m', 'minute'],
  ['s', 'second'],
]);

/** What the letters are that people write by mistake, and what they mean. */
const MEANT = new Map([
  ['Y', 'Y is the year that a week belongs to; the year is yyyy'],
  ['D', 'D is the day of the year; the day of the month is dd'],
  ['A', 'A is the millisecond of the day; AM or PM is a'],
  ['n', 'fractions of a second are SSS'],
  ['T', "a T that stands for itself is quoted: 'T'"],
  ['Z', "offsets are XXX; a Z that stands for itself is quoted: 'Z'"],
  ['z', 'names of zones cannot be read; offsets are XXX'],
  ['k', 'hours from 0 to 23 are HH'],
  ['K', 'hours from 1 to 12 are hh, with a for AM or PM'],
  ['E', 'names of days cannot be read'],
]);

/** The steps that read a token, or what is wrong with it. */
export function stepsOf(token: Token): DateStep[] | PatternProblem {
  const { letter, text } = token;
  const width = text.length;
  if (letter === '') {
    return Array.from(encodeUtf8(text), (byte) => ({ field: 'byte', least: byte, most: byte }));
  }
  const short = SHORT.get(letter);
  if (short !== undefined && width <= 2) return [{ field: short, least: width, most: 2 }];
  const one = (field: DateField): DateStep[] => [{ field, least: width, most: width }];
  const wrong = (message: string, hint: string): PatternProblem => ({
    message,
    hint,
    range: { from: token.from, to: token.to },
  });
  const length = `${text} has another length than this version reads`;
  switch (letter) {
    case 'y':
    case 'u':
      return width === 4 ? one('year') : wrong(length, `the year is ${letter.repeat(4)}`);
    case 'M':
      return width === 3 ? one('monthName') : wrong(length, 'months are M, MM or MMM');
    case 'S':
      return width <= 9 ? one('fraction') : wrong(length, 'fractions have up to nine digits');
    case 'X':
      return width <= 3 ? one('offset') : wrong(length, 'offsets are X, XX or XXX');
    case 'a':
      return width === 1 ? one('half') : wrong(length, 'AM or PM is a');
    default:
      return short === undefined
        ? wrong(
            `${text} is no letter of date patterns that can be read`,
            MEANT.get(letter) ?? "the letters are yyyy MM dd HH mm ss SSS XXX; text is 'quoted'",
          )
        : wrong(length, `write ${letter.repeat(2)}`);
  }
}
