/**
 * Collecting diagnostics.
 */
import type { Diagnostic, Finding, Locator, Report, Span } from './diagnostic.ts';

/** More findings than this help nobody. */
const mostDiagnostics = 200;

/** Gathers diagnostics from reporters that know paths and from those that know spans. */
export interface Collector {
  readonly report: Report;
  /** Adds a finding at a place that has no path (yet). */
  at(span: Span, finding: Omit<Finding, 'path' | 'atKey' | 'range'>): void;
  /** True when an error was reported. */
  failed(): boolean;
  /** Everything so far, by position, without repetitions. */
  diagnostics(): Diagnostic[];
}

/** A collector; `locator` is asked when a finding comes in. */
export function createCollector(locator: () => Locator): Collector {
  const found: Diagnostic[] = [];
  const at: Collector['at'] = (span, { code, message, hint, severity }) => {
    found.push({ severity: severity ?? 'error', code, message, hint: hint ?? null, span });
  };
  return {
    at,
    report: (finding) => at(spanOf(finding, locator()), finding),
    failed: () => found.some(({ severity }) => severity === 'error'),
    diagnostics: () => sortDiagnostics(found),
  };
}

/** Where a finding stands. */
export function spanOf({ path, range, atKey }: Finding, locator: Locator): Span {
  if (range !== undefined) return locator.within(path, range.from, range.to);
  return atKey === true ? locator.key(path) : locator.value(path);
}

/** By file and position; the same code at the same place is kept once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .filter(({ code, span, message }) => {
      const key = JSON.stringify([span.file, span.line, span.column, code, message]);
      return !seen.has(key) && seen.add(key).size > 0;
    })
    .toSorted(
      (a, b) =>
        compareText(a.span.file, b.span.file) ||
        a.span.line - b.span.line ||
        a.span.column - b.span.column ||
        compareText(a.code, b.code),
    )
    .slice(0, mostDiagnostics);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
