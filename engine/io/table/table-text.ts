/** Rows of a table for a person: aligned text, or one JSON object a line. */
import { cellJson, cellText } from '../../core/row-json.ts';
import type { StoredCell } from './condition.ts';
import type { ResultColumn } from './query.ts';

type Row = readonly StoredCell[];

/** Control characters would break the alignment, or the terminal. */
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

const escaped = (text: string): string =>
  text.replaceAll(controls, (character) => {
    const short = new Map([
      ['\n', '\\n'],
      ['\t', '\\t'],
      ['\r', '\\r'],
    ]).get(character);
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

function textOf({ type }: ResultColumn, cell: StoredCell): string {
  if (typeof cell === 'bigint') return String(cell);
  // JSON has no NaN and puts it in quotes; people need none.
  if (typeof cell === 'number' && !Number.isFinite(cell)) return String(cell);
  return escaped(cellText(type ?? 'string', cell));
}

function jsonOf({ type }: ResultColumn, cell: StoredCell): string {
  if (typeof cell === 'bigint') return String(cell);
  return cellJson(type ?? 'string', cell);
}

const isNumeric = ({ type }: ResultColumn): boolean =>
  type === 'int' || type === 'long' || type === 'float' || type === 'double';

const graphemes = new Intl.Segmenter();
const wide =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Columns a text takes on a terminal. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

const pad = (text: string, width: number, right: boolean): string => {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
};

/**
 * A header, a rule and a line for each row, without trailing blanks; numbers are right-aligned.
 * Floats have the shortest text that reads back (O4), timestamps are ISO 8601 in UTC, null is empty.
 */
export function tableText(columns: readonly ResultColumn[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column, at) => textOf(column, row[at] ?? null)));
  const widths = columns.map(({ name }, at) =>
    cells.reduce((widest, line) => Math.max(widest, widthOf(line[at] ?? '')), widthOf(name)),
  );
  const lineOf = (texts: readonly string[]): string =>
    columns
      .map((column, at) => pad(texts[at] ?? '', widths[at] ?? 0, isNumeric(column)))
      .join('  ')
      .trimEnd();
  const header = lineOf(columns.map(({ name }) => name));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [header, rule, ...cells.map(lineOf)].map((line) => `${line}\n`).join('');
}

/** One row as a JSON object with its columns in order, without a line end. */
export function rowJson(columns: readonly ResultColumn[], row: Row): string {
  const members = columns.map(
    (column, at) => `${JSON.stringify(column.name)}:${jsonOf(column, row[at] ?? null)}`,
  );
  return `{${members.join(',')}}`;
}
