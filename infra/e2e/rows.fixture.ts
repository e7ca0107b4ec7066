/** Rows as tests compare them. */
import { expect } from 'vitest';

/** A row by column name. */
export type Row = Record<string, number | string | bigint | null>;

/** Columns that rest on sums of floating-point numbers agree within this share (O3). */
const AGREEMENT = 1e-9;

/** How rows are compared. */
export interface Comparison {
  /** The columns that tell rows apart. */
  readonly key: readonly string[];
  /** Columns whose numbers may differ in the last digits. */
  readonly about?: readonly string[];
  /** The only columns compared; all of the expected rows when absent. */
  readonly columns?: readonly string[];
}

/** Expects the same rows, in whatever order. */
export function expectRows(
  actual: readonly object[],
  expected: readonly object[],
  comparison: Comparison,
): void {
  const has = index(actual, comparison);
  const wants = index(expected, comparison);
  const missing = [...wants.keys()].filter((key) => !has.has(key));
  const surplus = [...has.keys()].filter((key) => !wants.has(key));
  expect({ missing, surplus }).toEqual({ missing: [], surplus: [] });
  expect(actual).toHaveLength(wants.size);
  const different = [...wants].flatMap(([key, want]) =>
    differences(has.get(key) as Row, want, comparison).map((text) => `${key}: ${text}`),
  );
  expect(different).toEqual([]);
}

function index(rows: readonly object[], { key }: Comparison): Map<string, Row> {
  return new Map(
    (rows as readonly Row[]).map((row) => [key.map((name) => String(row[name])).join(' | '), row]),
  );
}

function differences(has: Row, wants: Row, comparison: Comparison): string[] {
  const { about = [], columns = Object.keys(wants) } = comparison;
  return columns.flatMap((name) => {
    const [a, b] = [has[name], wants[name]];
    const same = about.includes(name) ? isClose(a, b) : Object.is(a, b);
    return same ? [] : [`${name} is ${String(a)}, should be ${String(b)}`];
  });
}

function isClose(a: Row[string] | undefined, b: Row[string] | undefined): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Math.abs(a - b) <= AGREEMENT * Math.max(1, Math.abs(a), Math.abs(b));
}
