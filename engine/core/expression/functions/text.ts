/** lower upper trim substring concat length starts_with contains. Text counts in code points. */
import type { FunctionEntry } from '../function.ts';
import { strict } from '../strict.ts';

/** How many code points a text has. O(length). */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) if (isPair(text, i)) count--;
  return count;
}

/**
 * SQL's substring: `from` counts code points from 1, from the end when negative; 0 is as 1.
 * Nothing is left of what lies outside of the text. O(length).
 */
export function substringOf(text: string, from: number, length: number): string {
  const plain = !/[\ud800-\udfff]/.test(text);
  const points = plain ? null : Array.from(text);
  const total = points === null ? text.length : points.length;
  const start = from > 0 ? from - 1 : from < 0 ? total + from : 0;
  const end = start + length;
  if (end <= start || end <= 0) return '';
  const first = Math.max(0, start);
  return points === null ? text.slice(first, end) : points.slice(first, end).join('');
}

/** Text without the spaces (U+0020 only, as in SQL) at its ends. */
export function trimSpaces(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) === 32) from++;
  while (to > from && text.charCodeAt(to - 1) === 32) to--;
  return text.slice(from, to);
}

const isPair = (text: string, second: number): boolean =>
  (text.charCodeAt(second) & 0xfc00) === 0xdc00 &&
  (text.charCodeAt(second - 1) & 0xfc00) === 0xd800;

/** A method of JavaScript's strings under a name of ours. */
const method = (
  entry: Pick<FunctionEntry, 'name' | 'usage' | 'summary'>,
  javascript: string,
  type: 'string' | 'bool',
): FunctionEntry => ({
  ...entry,
  arguments: type === 'bool' ? ['string', 'string'] : ['string'],
  type,
  write: strict(([text, part]) => `${text}.${javascript}(${part ?? ''})`),
});

const lower = method(
  { name: 'lower', usage: 'lower(text)', summary: 'The text in lower case.' },
  'toLowerCase',
  'string',
);

const upper = method(
  { name: 'upper', usage: 'upper(text)', summary: 'The text in upper case.' },
  'toUpperCase',
  'string',
);

const startsWith = method(
  {
    name: 'starts_with',
    usage: 'starts_with(text, part)',
    summary: 'Whether a text begins with another.',
  },
  'startsWith',
  'bool',
);

const contains = method(
  { name: 'contains', usage: 'contains(text, part)', summary: 'Whether a text is in another.' },
  'includes',
  'bool',
);

const trim: FunctionEntry = {
  name: 'trim',
  usage: 'trim(text)',
  summary: 'The text without spaces at its ends.',
  arguments: ['string'],
  type: 'string',
  write: strict(([text], _, writer) => `${writer.use(trimSpaces)}(${text})`),
};

const substring: FunctionEntry = {
  name: 'substring',
  usage: 'substring(text, from [, length])',
  summary: 'Part of a text; characters count from 1, from the end when negative.',
  arguments: ['string', 'integer', 'integer'],
  optional: 1,
  type: 'string',
  write: strict(
    ([text, from, length = 'Infinity'], _, writer) =>
      `${writer.use(substringOf)}(${text}, ${from}, ${length})`,
  ),
};

const concat: FunctionEntry = {
  name: 'concat',
  usage: 'concat(a, b, …)',
  summary: 'Texts joined; null when one of them is.',
  arguments: ['string'],
  repeats: true,
  type: 'string',
  write: strict((texts) => texts.join(' + ')),
};

const length: FunctionEntry = {
  name: 'length',
  usage: 'length(text)',
  summary: 'How many characters a text has.',
  arguments: ['string'],
  type: 'int',
  write: strict(([text], _, writer) => `${writer.use(codePoints)}(${text})`),
};

/** The entries of this family. */
export const texts: readonly FunctionEntry[] = [
  lower,
  upper,
  startsWith,
  contains,
  trim,
  substring,
  concat,
  length,
];
