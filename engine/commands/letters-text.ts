/** Dead letters for a person and as JSON. */
import { formatIso } from '../core/time/civil.ts';
import type { KeptLetter } from '../io/dead-letter/kept-letter.ts';
import type { LetterCount } from '../run/dead-letters.ts';
import { bytesMember, printable, readable } from './readable-text.ts';
import { textTable } from './text-table.ts';

/** Letters by code and stage. */
export const countsText = (counts: readonly LetterCount[]): string =>
  textTable(
    [
      { title: 'code', align: 'left' },
      { title: 'stage', align: 'left' },
      { title: 'letters', align: 'right' },
    ],
    counts.map(({ code, stage, letters }) => [code, stage, letters.toLocaleString('en-US')]),
  );

/** A letter as a few lines: where its record is and what is wrong with it, then its bytes. */
export function letterText(letter: KeptLetter): string {
  const { code, stage, source, partition, offset, index, timestamp, reason, file } = letter;
  const { headers = [], key, value } = letter;
  const element = index === null ? '' : ` (row ${index} of the record)`;
  const place = partition < 0 ? `row of ${source}` : `${source} ${partition}@${offset}${element}`;
  const time = timestamp === null ? [] : [formatIso(timestamp)];
  const lies = file === null ? [] : [`${printable(file.path)} at byte ${file.byte}`];
  const head = [place, ...lies, ...time, code, `at ${stage}: ${printable(reason)}`].join('  ');
  const lines = [
    head,
    ...(key === null ? [] : [`    ${readable(key)}`]),
    ...headers.map(([name, bytes]) => `    ${headerText(name, bytes)}`),
    `    ${value === null ? '(too large to be kept)' : readable(value)}`,
  ];
  return `${lines.join('\n')}\n`;
}

const headerText = (name: string, value: Buffer | null): string =>
  `${printable(name)}=${value === null ? '' : readable(value)}`;

/** A letter as a line of JSON; bytes that are no text as base64, with `_base64` in the name. */
export function letterLine(letter: KeptLetter): string {
  const { key, value, headers, timestamp, file, ...rest } = letter;
  const time = timestamp === null ? null : formatIso(timestamp);
  const place = file === null ? {} : { file: file.path, byte: file.byte };
  const bytes = { ...bytesMember('key', key), ...bytesMember('value', value) };
  const named = headers?.map(([name, each]) => ({ name, ...bytesMember('value', each) }));
  const own = named === undefined ? {} : { headers: named };
  return `${JSON.stringify({ ...rest, timestamp: time, ...place, ...own, ...bytes })}\n`;
}
