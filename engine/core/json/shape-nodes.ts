/**
 * The shapes of records seen so far, as a tree.
 *
 * A shape is a record with holes: literals (keys, punctuation, white space, byte for byte) between
 * slots (values). Shapes share beginnings, so they form a tree. A record that follows a path of the
 * tree from the root to an end has, key for key, the structure of the record that path was learned
 * from, which the plain way accepted: the same fields are in the same slots.
 *
 *     {"lon":#,"lat":#,"base":"$","city":"$"}     # number or word   $ text
 *     └─────┘├──────┘├────────┘ ├────────┘ ├┘     a literal, then a slot, and so on to the end
 *            └─────────────────────────┘          a jump, while lat and base stay the same
 *
 * A jump is a second way from a node to a later one, over values nobody reads that have long been
 * the same: one comparison instead of many. It is tried first; where it fails nothing is lost.
 */

/** What follows a literal: a number or word, up to the next comma, bracket or space. */
export const SCALAR_SLOT = 0;
/** Text; the opening quote ends the literal. */
export const TEXT_SLOT = 1;
/** An array or object nobody reads, or an array that is read. */
export const CONTAINER_SLOT = 2;
/** The end of the record. */
export const END_SLOT = 3;

/** A literal, bytes[from, to) of the record learned from, and what follows it. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly slot: number;
  /** The field whose value fills the slot, -1 if nobody reads it. */
  readonly field: number;
}

/** Nodes are runs of eight integers, numbered by where the run starts; 0 is the root, and none. */
export const NODE_WIDTH = 8;
/** Offset in a node: its first child. Children are a list: a jump first, then the last used. */
export const CHILD = 0;
/** Its next sibling. */
export const NEXT = 1;
/** The kind of its slot. */
export const SLOT = 2;
/** The field that fills the slot, or -1. */
export const FIELD = 3;
/** The length of its literal in bytes. */
export const LENGTH = 4;
/** Where its literal starts. */
const LITERAL = 5;
/** The node whose children come next: the node itself, or the one a jump leads to. */
export const TARGET = 6;

/** Nodes a tree may have, children a node may have, and bytes of literals, before it is full. */
export const NODE_COUNT = 1024;
const CHILDREN = 16;
/** See NODE_COUNT. */
export const LITERAL_BYTES = 1 << 16;

/** What a tree is kept in; all zeros at first. */
export interface ShapeMemory {
  /** NODE_COUNT nodes. */
  readonly nodes: Int32Array;
  /** LITERAL_BYTES of literals. */
  readonly literals: Uint8Array;
}

const openMemory = (): ShapeMemory => ({
  nodes: new Int32Array(NODE_COUNT * NODE_WIDTH),
  literals: new Uint8Array(LITERAL_BYTES),
});

/** The tree. Its nodes are open to the matcher, which reads them in its inner loop. */
export class ShapeNodes {
  readonly nodes: Int32Array;
  readonly #literals: Uint8Array;
  readonly #literalView: DataView;
  #size = NODE_WIDTH;
  #literalBytes = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor({ nodes, literals }: ShapeMemory = openMemory()) {
    this.nodes = nodes;
    this.#literals = literals;
    this.#literalView = new DataView(literals.buffer, literals.byteOffset, literals.byteLength);
  }

  /** Compares with and learns from records of `view` from now on. */
  open(view: DataView): void {
    this.#view = view;
  }

  /** Forgets all shapes. */
  clear(): void {
    this.nodes.fill(0);
    this.#size = NODE_WIDTH;
    this.#literalBytes = 0;
  }

  /**
   * Whether the literal of `node` stands at [p, end), which must be of its length and lie in the
   * view. Eight bytes are compared at a time, as doubles, the last eight overlapping those before;
   * four where the literal is shorter than eight, one where it is shorter than four. Doubles are equal
   * only if their bytes are, but for NaN and the zeros: no eight bytes of valid JSON text are these.
   */
  startsWith(node: number, p: number, end: number): boolean {
    const view = this.#view;
    const literals = this.#literalView;
    const length = end - p;
    let at = this.nodes[node + LITERAL] as number;
    if (length >= 8) {
      const last = end - 8;
      for (; p < last; p += 8, at += 8) {
        if (view.getFloat64(p, true) !== literals.getFloat64(at, true)) return false;
      }
      return view.getFloat64(last, true) === literals.getFloat64(at - (p - last), true);
    }
    if (length >= 4) {
      if (view.getInt32(p, true) !== literals.getInt32(at, true)) return false;
      return view.getInt32(end - 4, true) === literals.getInt32(at + length - 4, true);
    }
    for (; p < end; p++) if (view.getUint8(p) !== literals.getUint8(at++)) return false;
    return true;
  }

  /** The child of `parent` by this step, added if it is new; 0 if there is no room. */
  childOf(parent: number, step: Step): number {
    const nodes = this.nodes;
    let children = 0;
    let node = nodes[parent + CHILD] as number;
    for (; node !== 0; node = nodes[node + NEXT] as number) {
      if (nodes[node + TARGET] === node && this.#isStep(node, step)) return node;
      children++;
    }
    if (children >= CHILDREN) return 0;
    node = this.#add(step);
    if (node !== 0) this.#link(parent, node);
    return node;
  }

  /** Whether `node` has one child, jumps aside: the shapes that pass it go on alike. */
  hasOneChild(node: number): boolean {
    const jump = this.#jumpOf(node);
    const first = this.nodes[jump === 0 ? node + CHILD : jump + NEXT] as number;
    return first !== 0 && this.nodes[first + NEXT] === 0;
  }

  /** Lets a jump lead from `parent` to `target`, whose slot it ends with; false if there is no room. */
  setJump(parent: number, step: Step, target: number): boolean {
    const old = this.#jumpOf(parent);
    if (old !== 0 && this.nodes[old + TARGET] === target && this.#isStep(old, step)) return true;
    this.clearJump(parent);
    const jump = this.#add(step);
    if (jump === 0) return false;
    this.nodes[jump + TARGET] = target;
    this.nodes[jump + NEXT] = this.nodes[parent + CHILD] as number;
    this.nodes[parent + CHILD] = jump;
    return true;
  }

  clearJump(parent: number): void {
    const jump = this.#jumpOf(parent);
    if (jump !== 0) this.nodes[parent + CHILD] = this.nodes[jump + NEXT] as number;
  }

  /** Puts a child that was hit before its siblings, but after a jump; `before` is the one it follows. */
  moveFirst(parent: number, before: number, node: number): void {
    const nodes = this.nodes;
    if (before === this.#jumpOf(parent)) return;
    nodes[before + NEXT] = nodes[node + NEXT] as number;
    this.#link(parent, node);
  }

  #link(parent: number, node: number): void {
    const jump = this.#jumpOf(parent);
    const at = jump === 0 ? parent + CHILD : jump + NEXT;
    this.nodes[node + NEXT] = this.nodes[at] as number;
    this.nodes[at] = node;
  }

  #jumpOf(parent: number): number {
    const first = this.nodes[parent + CHILD] as number;
    return first === 0 || this.nodes[first + TARGET] === first ? 0 : first;
  }

  #isStep(node: number, step: Step): boolean {
    const nodes = this.nodes;
    return (
      nodes[node + LENGTH] === step.to - step.from &&
      nodes[node + SLOT] === step.slot &&
      nodes[node + FIELD] === step.field &&
      this.startsWith(node, step.from, step.to)
    );
  }

  #add(step: Step): number {
    const nodes = this.nodes;
    const length = step.to - step.from;
    if (this.#size === nodes.length || this.#literalBytes + length > LITERAL_BYTES) return 0;
    const node = this.#size;
    this.#size += NODE_WIDTH;
    nodes[node + SLOT] = step.slot;
    nodes[node + FIELD] = step.field;
    nodes[node + LENGTH] = length;
    nodes[node + LITERAL] = this.#literalBytes;
    nodes[node + TARGET] = node;
    for (let p = step.from; p < step.to; p++) {
      this.#literals[this.#literalBytes++] = this.#view.getUint8(p);
    }
    return node;
  }
}
