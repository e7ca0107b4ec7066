/**
 * The text of a definition and its lines.
 */
import type { Span } from './diagnostic.ts';

/** A range of offsets into the text, UTF-16 units, end exclusive. */
export type Range = readonly [start: number, end: number];

/** A definition's text, able to say where an offset stands. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  /** Span of a range; ranges outside the text are clipped. O(log lines). */
  span(range: Range): Span;
  /** The text of line `line` (1-based) without its end; empty beyond the last. */
  lineText(line: number): string;
}

/** Indexes the lines of `text`. O(length). */
export function createSourceText(file: string, text: string): SourceText {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);

  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const clip = (offset: number): number => Math.min(Math.max(offset, 0), text.length);

  return {
    file,
    text,
    span([from, to]) {
      const start = clip(from);
      const end = Math.max(start, clip(to));
      const line = lineOf(start);
      const endLine = lineOf(end);
      return {
        file,
        line: line + 1,
        column: start - (starts[line] ?? 0) + 1,
        endLine: endLine + 1,
        endColumn: end - (starts[endLine] ?? 0) + 1,
      };
    },
    lineText(line) {
      const start = starts[line - 1];
      if (start === undefined) return '';
      return text.slice(start, starts[line] ?? text.length).replace(/\r?\n$/, '');
    },
  };
}
