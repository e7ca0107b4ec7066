/** What tests expect, written anew into the text of a definition; all else stays as it is. */
import { Document, isMap, isScalar, isSeq, parseDocument, Scalar, visit } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import type { TestValues } from './test-spec.ts';

/** Rows of one output that differ from those a test expects. */
export interface Changed {
  readonly output: string;
  /** Rows of `expect`, the very objects, that are to go. */
  readonly missing: readonly TestValues[];
  /** Rows that are to be there. */
  readonly surplus: readonly TestValues[];
}

/** A test with the rows it expects and what is to change in them. */
export interface ChangedTest {
  /** Place in the list of tests. */
  readonly index: number;
  readonly expect: Readonly<Record<string, readonly TestValues[]>>;
  readonly differences: readonly Changed[];
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text with new rows in the places of rows that did not come: only these rows change, with their
 * comments and layout everything else stays. New rows name the columns that the others of their output
 * name; all, where there is none. O(length of the text × edits).
 */
export function withExpectations(text: string, tests: readonly ChangedTest[]): string {
  const document = parseDocument(text);
  const edits = tests.flatMap(({ index, expect, differences }) =>
    differences.flatMap(({ output, ...changed }) => {
      const map = document.getIn(['tests', index, 'expect']);
      const pair = isMap(map) ? pairOf(map, output) : undefined;
      if (!isMap(map) || pair === undefined || !isSeq(pair.value)) return [];
      return editsOf({ text, map, pair, list: pair.value, rows: expect[output] ?? [] }, changed);
    }),
  );
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (all, { start, end, text: piece }) => all.slice(0, start) + piece + all.slice(end),
      text,
    );
}

const pairOf = (map: YAMLMap, name: string): Pair | undefined =>
  map.items.find(({ key }) => isScalar(key) && key.value === name);

interface Place {
  readonly text: string;
  readonly map: YAMLMap;
  readonly pair: Pair;
  readonly list: YAMLSeq;
  /** The rows as they were read from the list, in its order. */
  readonly rows: readonly TestValues[];
}

function editsOf(place: Place, { missing, surplus }: Omit<Changed, 'output'>): Edit[] {
  const { list, rows, text } = place;
  const named = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const fresh = surplus.map((row) => rowText(row, named));
  const gone = rows.flatMap((row, i) => (missing.includes(row) ? [i] : []));
  const nodes = list.items as Node[];
  if (nodes.length - gone.length + fresh.length === 0 || nodes.length === 0) {
    return [wholeList(place, fresh)];
  }
  const replaced = gone
    .slice(0, fresh.length)
    .map((at, i) => ({ ...rangeOf(nodes[at], text), text: fresh[i] ?? '' }));
  const left = gone.slice(fresh.length);
  if (left.length > 0 && list.flow === true) return [flowList(place, gone, fresh)];
  const removed = left.map((at) => removal(nodes[at] as Node, text));
  const more = fresh.slice(gone.length);
  if (more.length === 0) return [...replaced, ...removed];
  const last = nodes.at(-1) as Node;
  const { end } = rangeOf(last, text);
  const between =
    list.flow === true ? ', ' : `\n${' '.repeat(columnOf(text, dashOf(text, last)))}- `;
  return [...replaced, { start: end, end, text: more.map((row) => between + row).join('') }];
}

/** Where a row stands; a block ends where its last word does. */
function rangeOf(node: Node | undefined, text: string): { start: number; end: number } {
  const [start = 0, end = 0] = node?.range ?? [];
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

/** All rows of a list that has none, or is to have none. */
function wholeList({ text, map, pair, list }: Place, fresh: readonly string[]): Edit {
  const start = (pair.key as Scalar).range?.[1] ?? 0;
  // A block's own range takes the comments behind it in.
  const { end } = rangeOf(list.flow === true ? list : (list.items.at(-1) as Node), text);
  if (fresh.length === 0) return { start, end, text: ': []' };
  if (map.flow === true) return { start, end, text: `: [${fresh.join(', ')}]` };
  const indent = ' '.repeat(columnOf(text, (pair.key as Scalar).range?.[0] ?? 0) + 2);
  return { start, end, text: `:${fresh.map((row) => `\n${indent}- ${row}`).join('')}` };
}

/** A list in brackets that becomes shorter. */
function flowList({ text, list }: Place, gone: readonly number[], fresh: readonly string[]): Edit {
  const kept = (list.items as Node[]).flatMap((node, i) => {
    const { start, end } = rangeOf(node, text);
    const at = gone.indexOf(i);
    return at < 0 ? [text.slice(start, end)] : (fresh[at] ?? []);
  });
  return { ...rangeOf(list, text), text: `[${kept.join(', ')}]` };
}

/** A row with its dash and line. */
const removal = (node: Node, text: string): Edit => ({
  start: text.lastIndexOf('\n', dashOf(text, node)),
  end: lineEnd(text, rangeOf(node, text).end),
  text: '',
});

const dashOf = (text: string, node: Node): number =>
  text.lastIndexOf('-', (node.range?.[0] ?? 0) - 1);
const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** A row in one line; texts that look like numbers or times are quoted. */
function rowText(row: TestValues, named: readonly string[]): string {
  const wanted = Object.entries(row).filter(([name]) => named.length === 0 || named.includes(name));
  const document = new Document(Object.fromEntries(wanted));
  visit(document, {
    Map: (_, map) => void (map.flow = true),
    Scalar: (key, scalar) => {
      if (key === 'key' || typeof scalar.value !== 'string') return;
      if (/^[\d+-]/.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 }).trimEnd();
}
