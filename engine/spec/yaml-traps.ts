/**
 * Mistakes that YAML reads as something else: found in the parsed (perhaps broken) document, so that
 * each gets its own words instead of the parser's.
 */
import { isCollection, isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { columnTypes } from './column-types.ts';
import { rangeOf } from './compose.ts';
import type { TextFault } from './compose.ts';
import type { Range } from './source-text.ts';

/** What was found: faults, scalars that could be mended, and what is no use after them. */
export interface Traps {
  readonly faults: TextFault[];
  /** Scalar node → the text that was meant and where it stands. */
  readonly mended: Map<unknown, { readonly text: string; readonly range: Range }>;
  /** Pairs and items that are the rest of a mended scalar. */
  readonly fragments: Set<unknown>;
  /** Offset from which the parser's own complaints are consequences, Infinity if none. */
  brokenFrom: number;
}

/** Looks for traps. O(nodes + length of what is mended). */
export function findTraps(document: Document, text: string): Traps {
  const traps: Traps = {
    faults: [],
    mended: new Map(),
    fragments: new Set(),
    brokenFrom: Infinity,
  };
  visit(document, (_key, node) => {
    if (traps.faults.length >= mostTraps) return visit.BREAK;
    if (isScalar(node)) {
      findVariable(node, text, traps);
      findTag(node, text, traps);
    } else if (isCollection(node) && node.flow === true && (isMap(node) || isSeq(node))) {
      findCommas(node, text, traps);
    }
    return undefined;
  });
  return traps;
}

/** Traps looked for at most: one is a slip, a hundred are something else. */
const mostTraps = 100;

/** `{ b: round(x, 2) }`: the comma ends the value. */
function findCommas(collection: YAMLMap | YAMLSeq, text: string, traps: Traps): void {
  for (const [index, item] of collection.items.entries()) {
    if (traps.fragments.has(item)) continue;
    const value = isPair(item) ? item.value : item;
    if (!isScalar(value) || value.type !== 'PLAIN' || parenthesis(String(value.value)) <= 0)
      continue;
    const range = rangeOf(value);
    const end = range === null ? null : endOfCall(text, range[0]);
    if (range === null || end === null || end <= range[1]) continue;
    const meant = text.slice(range[0], end).trim().replaceAll(/\s+/g, ' ');
    const name = isPair(item) && isScalar(item.key) ? `${String(item.key.value)}: ` : '';
    traps.faults.push({
      code: 'comma-in-flow',
      message: `inside { } and [ ] a comma ends the value: this reads \`${String(value.value)}\``,
      hint: `quote it: ${name}${quote(meant)}`,
      range: [range[0], end],
    });
    traps.mended.set(value, { text: meant, range: [range[0], end] });
    addFragments(collection, index + 1, end, traps);
    if (traps.faults.length >= mostTraps) return;
  }
}

function addFragments(
  { items }: YAMLMap | YAMLSeq,
  first: number,
  end: number,
  traps: Traps,
): void {
  for (let index = first; index < items.length; index++) {
    const start = startOf(items[index]);
    if (start !== null && start >= end) return;
    traps.fragments.add(items[index]);
  }
}

function startOf(item: unknown): number | null {
  const node = isPair(item) ? (item.key ?? item.value) : item;
  return rangeOf(node as Node | null)?.[0] ?? null;
}

const parenthesis = (text: string): number =>
  (text.match(/\(/g)?.length ?? 0) - (text.match(/\)/g)?.length ?? 0);

/** Where the value that begins at `start` ends when its parentheses are honoured, or null. */
function endOfCall(text: string, start: number): number | null {
  let depth = 0;
  let quoted: string | null = null;
  for (let at = start; at < Math.min(text.length, start + 2000); at++) {
    const char = text[at] ?? '';
    if (quoted !== null) {
      if (char === quoted) quoted = null;
    } else if (char === "'" || char === '"') quoted = char;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (depth === 0 && /[,}\]\n]/.test(char)) return at;
    if (depth < 0) return null;
  }
  return null;
}

/** `{ brokers: ${X} }`: in a flow collection the brace opens a map. */
function findVariable(node: Scalar, text: string, traps: Traps): void {
  const range = rangeOf(node);
  if (node.type !== 'PLAIN' || range === null || text[range[1]] !== '{') return;
  if (!String(node.value).endsWith('$')) return;
  const close = text.indexOf('}', range[1]);
  const end = close < 0 ? range[1] + 1 : close + 1;
  traps.faults.push({
    code: 'unquoted-variable',
    message: 'inside { } and [ ] a variable needs quotes: its { opens a map',
    hint: `quote it: "${text.slice(range[0], end)}"`,
    range: [range[0], end],
  });
  traps.brokenFrom = Math.min(traps.brokenFrom, range[0]);
}

/** `date: !string`, `where: !active`: a leading ! is a tag. */
function findTag(node: Scalar, text: string, traps: Traps): void {
  const { tag } = node;
  const range = rangeOf(node);
  if (tag === undefined || range === null || !/^![^!]/.test(tag) || node.type !== 'PLAIN') return;
  const start = text.lastIndexOf(tag, range[0]);
  if (start < 0) return;
  const name = tag.slice(1);
  const value = String(node.value);
  const end = value === '' ? start + tag.length : range[1];
  const isType = value === '' && columnTypes.has(name);
  if (value === '' && !isType) return;
  traps.faults.push({
    code: isType ? 'bang-before-type' : 'unquoted-start',
    message: isType
      ? 'the ! of a required column stands after the type'
      : 'a value that begins with ! is a YAML tag',
    hint: isType ? `write \`${name}!\`` : `quote it: ${quote(text.slice(start, end))}`,
    range: [start, end],
  });
  traps.mended.set(node, {
    text: isType ? `${name}!` : text.slice(start, end),
    range: [start, end],
  });
}

/** A text in the quotes that suit it. */
export const quote = (text: string): string =>
  text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
