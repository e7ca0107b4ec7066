/**
 * Following a record through the tree of known shapes.
 */
import { SCALAR } from './byte-class.ts';
import type { Places } from './places.ts';
import { CHILD, FIELD, LENGTH, NEXT, SLOT, TARGET } from './shape-nodes.ts';
import { END_SLOT, SCALAR_SLOT, TEXT_SLOT } from './shape-nodes.ts';
import type { ShapeNodes } from './shape-nodes.ts';
import { skipContainer } from './skip.ts';
import { checkString } from './text.ts';
import type { Validator } from './validate.ts';

/** Matches records against a tree and notes where their fields are. */
export class ShapeMatcher {
  readonly #tree: ShapeNodes;
  readonly #places: Places;
  /** Checks all values; null where they are only passed over. */
  readonly #validator: Validator | null;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(tree: ShapeNodes, places: Places, validator: Validator | null) {
    this.#tree = tree;
    this.#places = places;
    this.#validator = validator;
  }

  /** Matches records of `bytes` from now on; `view` is of the same bytes. */
  open(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
  }

  /**
   * Whether bytes[from, to) has a known shape. Then the places of its fields are set; those of the
   * fields it lacks stay as they were. If not, any may have been set.
   */
  match(from: number, to: number): boolean {
    const tree = this.#tree;
    const nodes = tree.nodes;
    const { start, end } = this.#places;
    let parent = 0;
    let p = from;
    for (;;) {
      let before = 0;
      let at = 0;
      let next = -1;
      let node = nodes[parent + CHILD] as number;
      while (node !== 0) {
        at = p + (nodes[node + LENGTH] as number);
        if (at <= to && tree.startsWith(node, p, at)) {
          next = this.#pass(nodes[node + SLOT] as number, at, to);
          if (next >= 0) break;
        }
        before = node;
        node = nodes[node + NEXT] as number;
      }
      if (node === 0) return false;
      if (before !== 0) tree.moveFirst(parent, before, node);
      const slot = nodes[node + SLOT] as number;
      if (slot === END_SLOT) return true;
      const field = nodes[node + FIELD] as number;
      if (field >= 0) {
        start[field] = slot === TEXT_SLOT ? at - 1 : at;
        end[field] = next;
      }
      parent = nodes[node + TARGET] as number;
      p = next;
    }
  }

  /** Passes over the value at `p`; returns the position after it, below 0 if it does not fit. */
  #pass(slot: number, p: number, to: number): number {
    if (this.#validator !== null) return this.#check(this.#validator, slot, p, to);
    const bytes = this.#bytes;
    if (slot === SCALAR_SLOT) return passScalar(this.#view, bytes, p, to);
    if (slot === TEXT_SLOT) return passText(bytes, p, to);
    if (slot === END_SLOT) return p === to ? p : -1;
    return bytes[p] === 0x7b || bytes[p] === 0x5b ? skipContainer(bytes, p, to) : -1;
  }

  #check(validator: Validator, slot: number, p: number, to: number): number {
    const bytes = this.#bytes;
    if (slot === SCALAR_SLOT) return bytes[p] === 0x22 ? -1 : validator.scalar(bytes, p, to);
    if (slot === TEXT_SLOT) return checkString(bytes, p, to);
    if (slot === END_SLOT) return p === to ? p : -1;
    return bytes[p] === 0x7b || bytes[p] === 0x5b ? validator.value(bytes, p, to) : -1;
  }
}

/** As `skipString`, here to be compiled into the matcher. */
function passText(bytes: Uint8Array, p: number, to: number): number {
  while (p < to) {
    const byte = bytes[p++];
    if (byte === 0x22 /* " */) return p;
    if (byte === 0x5c /* \ */) p++;
  }
  return -1;
}

/**
 * As `skipScalar`, four bytes at a time while they are `-`, `.`, `/` or digits: in each byte of the
 * two sums the high bit says that the byte is at least 0x2d, and that it is greater than 0x39. Seven
 * bits do not carry into the next byte; the eighth is left out, since whatever is not ASCII is part
 * of a word.
 */
function passScalar(view: DataView, bytes: Uint8Array, p: number, to: number): number {
  const first = p;
  while (p + 4 <= to) {
    const word = view.getInt32(p, true);
    const low = word & 0x7f7f7f7f;
    const outside = (~(low + 0x53535353) | (low + 0x46464646)) & 0x80808080;
    if (outside !== 0) {
      p += (31 - Math.clz32(outside & -outside)) >> 3;
      break;
    }
    p += 4;
  }
  while (p < to && SCALAR[bytes[p] as number] === 1) p++;
  return p === first ? -1 : p;
}
