/**
 * Where everything lies in the memory that the quick scan works in (see match.as.ts):
 *
 *     tree │ literals │ powers of ten │ scalar bytes │ texts │ field table │ marks, starts, ends │ cells │ found │ input
 *
 * `found` is where lines end, or what walk.as.ts says of records. All sizes are bytes. Cells have room for ROWS rows; the input is followed by room to read past it.
 */
import { SCALAR } from '../byte-class.ts';
import type { Field } from '../projection.ts';
import { LITERAL_BYTES, NODE_COUNT, NODE_WIDTH } from '../shape-nodes.ts';

/** Rows of one call at most. */
export const ROWS = 2048;
/** Bytes of input of one call at most; a longer record goes the plain way. */
export const INPUT_BYTES = 1024 * 1024;

/** Texts that have a number at a time (see texts.as.ts); the low bits of a number say which. */
export const TEXT_SLOTS = 1024;
const TEXT_SLOT_BYTES = 48;

/** Lines found in one call at most. */
export const LINES = 8192;

const FIELD_BYTES = 48;
const FOUND_BYTES = Math.max(16 + ROWS * 32, LINES * 4);
/** The quick scan looks at sixteen bytes at a time. */
const PADDING = 64;

/** Kinds of fields, by type: as in match.as.ts. What is not here is read by the caller. */
const KINDS = ['double', 'float', 'int', 'long', 'bool', 'string'];

/** The kind of fields that are only located. */
export const OTHER = 6;

/** The cells of one field: what its kind does not use is empty. */
export interface Cells {
  readonly kind: number;
  readonly values: Float64Array;
  readonly valid: Uint8Array;
  /** Of text the range inside the quotes, of other kinds that of the whole value; −1 is null. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Of numbered text: rows with the same number, but 0, have the same text. */
  readonly numbers: Float64Array;
}

/** Views of one memory, and the addresses that the code is told. */
export interface Layout {
  readonly bytes: number;
  readonly tree: number;
  readonly literals: number;
  readonly powers: number;
  readonly scalars: number;
  readonly texts: number;
  readonly fields: number;
  readonly marks: number;
  readonly starts: number;
  readonly ends: number;
  readonly cells: readonly {
    readonly kind: number;
    readonly at: number;
    /** Where numbers of texts go, 0 where nobody asks for them. */
    readonly numbers: number;
  }[];
  readonly found: number;
  readonly input: number;
}

const kindOf = ({ type }: Field): number => {
  const kind = KINDS.indexOf(type);
  return kind < 0 ? OTHER : kind;
};

const isRange = (kind: number): boolean => KINDS[kind] === 'string' || kind === OTHER;

/** Gives everything its place. */
export function layOut(fields: readonly Field[]): Layout {
  let end = 0;
  const take = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 16) * 16;
    return at;
  };
  const tree = take(NODE_COUNT * NODE_WIDTH * 4);
  const places = {
    literals: take(LITERAL_BYTES + PADDING),
    powers: take(16 * 8),
    scalars: take(256),
    texts: take(TEXT_SLOTS * TEXT_SLOT_BYTES),
    fields: take(fields.length * FIELD_BYTES),
    marks: take(ROWS),
    starts: take(ROWS * 4),
    ends: take(ROWS * 4),
    cells: fields.map((field) => ({
      kind: kindOf(field),
      at: take(ROWS * 9),
      numbers: field.numbered === true ? take(ROWS * 8) : 0,
    })),
    found: take(FOUND_BYTES),
    input: take(INPUT_BYTES + PADDING),
  };
  return { tree, ...places, bytes: end };
}

/** Writes what does not change: tables, and the addresses of cells. Returns views of the cells. */
export function furnish(
  memory: ArrayBuffer,
  layout: Layout,
  fields: readonly Field[],
): readonly Cells[] {
  new Float64Array(memory, layout.powers, 16).set(
    Array.from({ length: 16 }, (_, n) => Number(`1e${n}`)),
  );
  new Uint8Array(memory, layout.scalars, 256).set(SCALAR);
  return layout.cells.map(({ kind, at, numbers }, i) => {
    const valid = at + ROWS * 8;
    const isRequired = fields[i]?.required === true ? 1 : 0;
    const entry = [kind, isRequired, at, valid, at, at + ROWS * 4, -1, numbers];
    new Int32Array(memory, layout.fields + i * FIELD_BYTES, entry.length).set(entry);
    const rows = isRange(kind) ? 0 : ROWS;
    return {
      kind,
      values: new Float64Array(memory, at, rows),
      valid: new Uint8Array(memory, valid, ROWS),
      start: new Int32Array(memory, at, ROWS - rows),
      end: new Int32Array(memory, at + ROWS * 4, ROWS - rows),
      numbers: new Float64Array(memory, numbers, numbers === 0 ? 0 : ROWS),
    };
  });
}

/** What `walk` of walk.as.ts found, as views. */
export interface Found {
  /** Where it stopped, and how many rows there are. */
  readonly end: Int32Array;
  readonly offset: Float64Array;
  readonly timestamp: Float64Array;
  readonly keyStart: Int32Array;
  readonly keyEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
}

/** Views of the columns that `walk` writes. */
export function foundIn(memory: ArrayBuffer, { found }: Layout): Found {
  const wide = (n: number): Float64Array =>
    new Float64Array(memory, found + 16 + n * ROWS * 8, ROWS);
  const narrow = (n: number): Int32Array =>
    new Int32Array(memory, found + 16 + (4 + n) * ROWS * 4, ROWS);
  return {
    end: new Int32Array(memory, found, 2),
    offset: wide(0),
    timestamp: wide(1),
    keyStart: narrow(0),
    keyEnd: narrow(1),
    valueStart: narrow(2),
    valueEnd: narrow(3),
  };
}
