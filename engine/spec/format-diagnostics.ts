/**
 * Diagnostics as a person reads them:
 *
 *   weather.yaml:12:14  unknown-key  there is no key `topics` in `kafka`
 *     12 |     kafka: { topics: readings }
 *        |              ^^^^^^
 *        = write `topic`
 */
import { sortDiagnostics } from './collect.ts';
import type { Diagnostic, Locator, Span } from './diagnostic.ts';
import { maskLine } from './mask.ts';

/** How to print. */
export interface FormatOptions {
  /** ANSI colours. */
  readonly color: boolean;
}

type Paint = (style: keyof typeof styles, text: string) => string;

const styles = { red: '31', yellow: '33', bold: '1', dim: '2', cyan: '36' } as const;

/** All findings of one file, sorted, each with its line; a count at the end. Secrets are starred out. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  locator: Pick<Locator, 'lineText'>,
  { color }: FormatOptions,
): string {
  if (diagnostics.length === 0) return '';
  const paint: Paint = (style, text) => (color ? `\u001b[${styles[style]}m${text}\u001b[0m` : text);
  const sorted = sortDiagnostics(diagnostics);
  const blocks = sorted.map((each) => formatOne(each, locator.lineText(each.span.line), paint));
  return `${blocks.join('\n')}\n${formatCount(sorted)}\n`;
}

function formatOne(
  { severity, code, message, hint, span }: Diagnostic,
  line: string,
  paint: Paint,
): string {
  const tone = severity === 'error' ? 'red' : 'yellow';
  const place = `${span.file}:${span.line}:${span.column}`;
  const said = severity === 'warning' ? `warning: ${message}` : message;
  const gutter = ' '.repeat(String(span.line).length);
  const { shown, carets } = excerpt(line, span);
  const rows = [
    `${paint('bold', place)}  ${paint(tone, code)}  ${printable(said)}`,
    `  ${paint('dim', `${span.line} |`)} ${shown}`.trimEnd(),
    `  ${paint('dim', `${gutter} |`)} ${paint(tone, carets)}`,
    ...(hint === null
      ? []
      : [`  ${paint('dim', `${gutter} =`)} ${paint('cyan', printable(hint))}`]),
  ];
  return `${rows.join('\n')}\n`;
}

/** Longest piece of a line that is shown. */
const widestLine = 120;

/** The line, cut around the place when it is long, and the carets below it. */
function excerpt(line: string, span: Span): { shown: string; carets: string } {
  const end = span.endLine === span.line ? span.endColumn : line.length + 1;
  const masked = printable(maskLine(line));
  const from = line.length > widestLine ? Math.max(0, span.column - 1 - widestLine / 3) : 0;
  const piece = masked.slice(from, from + widestLine);
  const lead = from > 0 ? '…' : '';
  const shown = `${lead}${piece}${masked.length > from + widestLine ? '…' : ''}`;
  const start = span.column - 1 - from;
  const before = lengthOf(lead) + lengthOf(piece.slice(0, start));
  const width = lengthOf(piece.slice(start, Math.min(end - 1 - from, piece.length)).trimEnd());
  return { shown, carets: ' '.repeat(before) + '^'.repeat(Math.max(1, width)) };
}

/** Characters as a terminal counts them, near enough: an astral character is one. */
const lengthOf = (text: string): number => Array.from(text).length;

/** Nothing that moves a terminal's cursor. */
const printable = (text: string): string =>
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) =>
    char === '\t' || char === '\n' ? ' ' : '·',
  );

function formatCount(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const words = [count(errors, 'error'), count(warnings, 'warning')];
  return words.filter((word) => word !== '').join(', ');
}

const count = (number: number, word: string): string =>
  number === 0 ? '' : `${number} ${word}${number === 1 ? '' : 's'}`;
