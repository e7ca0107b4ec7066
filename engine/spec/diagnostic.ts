/**
 * What is wrong with a definition, and where. Diagnostics are collected, never thrown one by one.
 */

/** A place in the definition: keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** A span of the text; lines and columns start at 1, columns count UTF-16 units. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where a path stands in the text. */
export interface Locator {
  /** Span of the value at `path` (or of its nearest existing ancestor). */
  value(path: Path): Span;
  /** Span of the key at `path`. */
  key(path: Path): Span;
  /** Span of characters [from, to) of the decoded scalar at `path`, e.g. inside an expression. */
  within(path: Path, from: number, to: number): Span;
  /** The text of line `line` (1-based) without its end. */
  lineText(line: number): string;
}

/** One finding. `code` is stable, e.g. `unknown-key`; each has a case in pipelines/invalid/. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span;
}

/** What a reporter gives: the place by path, optionally a range of characters inside the scalar. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly path: Path;
  readonly hint?: string;
  readonly severity?: 'error' | 'warning';
  /** True: the key is at fault, not the value. */
  readonly atKey?: boolean;
  readonly range?: { readonly from: number; readonly to: number };
}

/** Collects findings. */
export type Report = (finding: Finding) => void;
