/**
 * A parsed YAML document to plain data, with the place of every key and value.
 */
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import type { Path } from './diagnostic.ts';
import type { Places, WrittenScalar } from './locator.ts';
import type { Range, SourceText } from './source-text.ts';

/** A fault of the text itself, by range. */
export interface TextFault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly range: Range;
}

/** Aliases followed at most, nested ones included (an alias bomb multiplies them). */
const mostAliases = 100;

/** Values at most, those of aliases counted each time. */
const mostValues = 50_000;

/** What composing needs at every node. */
export interface Composing {
  readonly source: SourceText;
  readonly document: Document;
  readonly places: Places;
  readonly fault: (fault: TextFault) => void;
  /** Scalars whose text was mended (see yaml-traps): node → the text that was meant. */
  readonly mended: ReadonlyMap<unknown, { readonly text: string; readonly range: Range }>;
  /** Pairs and items that are the rest of a mended scalar. */
  readonly fragments: ReadonlySet<unknown>;
}

/** Plain data of the document: null, text, numbers, booleans, arrays and string-keyed objects. */
export function composeData(composing: Composing): unknown {
  const walk = createWalk(composing);
  return walk(composing.document.contents, []);
}

type Walk = (node: Node | null, path: Path) => unknown;

function createWalk(composing: Composing): Walk {
  const { places } = composing;
  const open = new Set<Node>();
  let aliases = 0;
  let values = 0;

  const follow = (node: Node): Node | null => {
    if (!isAlias(node)) return node;
    // Counted before it is resolved: resolving costs a walk of the document.
    if (++aliases > mostAliases) {
      const message = `aliases are followed more than ${mostAliases} times`;
      return aliases > mostAliases + 1 ? null : fail(composing, node, 'alias-limit', message);
    }
    const target = node.resolve(composing.document);
    if (target === undefined) return unresolved(composing, node);
    if (open.has(target)) {
      return fail(composing, node, 'alias-limit', `\`*${node.source}\` contains itself`);
    }
    return target;
  };

  const collection = (node: Node, path: Path): unknown => {
    open.add(node);
    let data: unknown = null;
    if (isMap(node)) data = composeMap(node, path, composing, walk);
    else if (isSeq(node)) {
      const items = node.items.filter((item) => !composing.fragments.has(item));
      data = items.map((item, index) => walk(item as Node | null, [...path, index]));
    }
    open.delete(node);
    return data;
  };

  const walk: Walk = (written, path) => {
    if (written === null) return null;
    if (++values > mostValues) {
      const message = `a definition has at most ${mostValues} values`;
      return values > mostValues + 1
        ? null
        : fail(composing, written, 'definition-too-large', message);
    }
    const node = follow(written);
    const place = places.get(path);
    const value = rangeOf(written) ?? place?.value ?? [0, 0];
    const scalar = isScalar(node) ? writtenScalar(node, composing) : null;
    places.set(path, { key: place?.key ?? null, value: scalar?.range ?? value, scalar });
    if (node === null) return null;
    return isScalar(node) ? scalarValue(node, composing) : collection(node, path);
  };
  return walk;
}

function composeMap(map: YAMLMap, path: Path, composing: Composing, walk: Walk): unknown {
  const entries = new Map<string, unknown>();
  for (const pair of map.items) {
    if (composing.fragments.has(pair)) continue;
    const key = keyOf(pair, composing);
    if (key === null) continue;
    const range = rangeOf(pair.key as Node) ?? [0, 0];
    if (entries.has(key)) {
      const first = composing.places.get([...path, key])?.key ?? range;
      const { line } = composing.source.span(first);
      composing.fault({
        code: 'duplicate-key',
        message: `\`${key}\` is already written in line ${line}`,
        hint: 'keep one of the two',
        range,
      });
      continue;
    }
    composing.places.set([...path, key], { key: range, value: [range[1], range[1]], scalar: null });
    entries.set(key, walk(pair.value as Node | null, [...path, key]));
  }
  return Object.fromEntries(entries);
}

/** The key of a pair, or null when it cannot be one. */
function keyOf(pair: Pair, composing: Composing): string | null {
  const key = pair.key as Node | null;
  if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return key.value;
  const range = rangeOf(key) ?? rangeOf(pair.value as Node | null) ?? [0, 0];
  const text = composing.source.text.slice(range[0], range[1]).trim();
  composing.fault({
    code: 'non-string-key',
    message: text === '' ? 'a key is missing here' : `\`${firstLine(text)}\` cannot be a key`,
    hint:
      isScalar(key) && text !== '' && text !== '__proto__'
        ? `quote it: "${text}"`
        : 'keys are words',
    range,
  });
  return null;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** The range of a node's own text, without trailing comments. */
export function rangeOf(node: Node | null): Range | null {
  const range = node?.range;
  return range === undefined || range === null ? null : [range[0], range[1]];
}

type Located = WrittenScalar & { readonly range: Range };

function writtenScalar(node: Scalar, { source, mended }: Composing): Located {
  const mend = mended.get(node);
  if (mend !== undefined) {
    return { decoded: mend.text, inner: mend.range, style: 'plain', range: mend.range };
  }
  const range = rangeOf(node) ?? [0, 0];
  const decoded = typeof node.value === 'string' ? node.value : (node.source ?? '');
  const style =
    node.type === 'QUOTE_DOUBLE' ? 'double' : node.type === 'QUOTE_SINGLE' ? 'single' : 'plain';
  if (style !== 'plain') return { decoded, inner: [range[0] + 1, range[1] - 1], style, range };
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    const header = source.text.indexOf('\n', range[0]);
    return { decoded, inner: [header < 0 ? range[1] : header + 1, range[1]], style, range };
  }
  return { decoded, inner: range, style, range };
}

function scalarValue(node: Scalar, { mended }: Composing): unknown {
  const mend = mended.get(node);
  if (mend !== undefined) return mend.text;
  const { value } = node;
  // Nothing else comes out of the core schema; a tag that was refused leaves its text.
  const known = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return known ? value : (node.source ?? null);
}

function unresolved(composing: Composing, node: Node & { readonly source: string }): null {
  return fail(
    composing,
    node,
    'unknown-alias',
    `\`*${node.source}\` refers to an anchor \`&${node.source}\` that is not defined above`,
  );
}

const hints: ReadonlyMap<string, string> = new Map([
  ['alias-limit', 'write the value out instead of repeating it by alias'],
  ['unknown-alias', 'a value that begins with * is an alias in YAML: quote it if it is text'],
  ['definition-too-large', 'keep data in files of its own'],
]);

function fail(composing: Composing, node: Node, code: string, message: string): null {
  const hint = hints.get(code) ?? '';
  composing.fault({ code, message, hint, range: rangeOf(node) ?? [0, 0] });
  return null;
}
