/**
 * What a scan reads: declared fields, as a tree of object keys.
 */
import type { ColumnType } from '../batch.ts';

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/** A declared field; field f fills column f. */
export interface Field {
  /** Keys from the top of the record, e.g. `['main', 'temp']`. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  readonly required: boolean;
  /** True: its presence and type are checked, its cells are undefined. */
  readonly unread?: true;
  /** Of strings. True: equal texts are told by number (see BytesVector). */
  readonly numbered?: true;
}

/** What to read, and whether the syntax of values nobody reads is checked too. */
export interface Projection {
  readonly fields: readonly Field[];
  readonly validate: 'read' | 'full';
}

/** An object on the way to declared fields: its known keys, index by index. */
export interface PathNode {
  readonly names: string[];
  /** UTF-8 of each name as it stands between quotes; null where only an escaped spelling is valid. */
  readonly keys: (Uint8Array | null)[];
  /** The field a key holds, or -1 where it holds an object to walk. */
  readonly field: number[];
  readonly inner: (PathNode | null)[];
  /** All fields at or below each key. */
  readonly below: number[][];
}

/**
 * The tree of the fields' paths.
 * Throws `Error` for an empty path, a path declared twice, and a path that is the beginning of
 * another's (its value would have to be a scalar and an object).
 */
export function openPaths(fields: readonly Field[]): PathNode {
  const root = emptyNode();
  fields.forEach((field, index) => {
    addPath(root, field.path, index);
  });
  return root;
}

const emptyNode = (): PathNode => ({ names: [], keys: [], field: [], inner: [], below: [] });

function addPath(root: PathNode, path: readonly string[], index: number): void {
  if (path.length === 0) throw new Error('a field needs a path of at least one key');
  let node = root;
  path.forEach((name, depth) => {
    const last = depth === path.length - 1;
    let key = node.names.indexOf(name);
    if (key < 0) {
      key = node.names.push(name) - 1;
      node.keys.push(rawKey(name));
      node.field.push(last ? index : -1);
      node.inner.push(last ? null : emptyNode());
      node.below.push([]);
    } else if (last || node.inner[key] === null) {
      const clash = path.slice(0, depth + 1).join('.');
      throw new Error(`field path ${path.join('.')}: ${clash} is declared twice or holds a field`);
    }
    (node.below[key] as number[]).push(index);
    if (!last) node = node.inner[key] as PathNode;
  });
}

/** Quotes, backslashes and control characters must be escaped in JSON; lone surrogates too. */
function rawKey(name: string): Uint8Array | null {
  return /[\u0000-\u001f"\\]/.test(name) || !name.isWellFormed()
    ? null
    : new TextEncoder().encode(name);
}
