/**
 * The projected JSON scan: declared fields straight from the bytes of a record into columns.
 *
 *     bytes ──▶ ShapeMatcher ──known shape──▶ places ──▶ CellReader ──▶ a row, or a reason
 *                    │                          ▲
 *                 unknown                       │
 *                    └──▶ (Validator) ──▶ Locator ──now and then──▶ ShapeLearner ──▶ known shapes
 *
 * The plain way (Locator) defines what a record means; shapes are only a quicker way to the same
 * places. On valid JSON the row is what `JSON.parse` gives. Broken structure is always refused; the
 * syntax inside values nobody reads is checked with `validate: 'full'` only.
 */
import { CellReader } from './cell.ts';
import { growColumns, openColumns } from './columns.ts';
import type { ScanColumns } from './columns.ts';
import { Locator } from './locate.ts';
import { ABSENT } from './places.ts';
import { openPaths } from './projection.ts';
import type { Projection } from './projection.ts';
import { brokenAt, letterOf, reasonText } from './reason.ts';
import { ShapeLearner } from './shape-learn.ts';
import { ShapeMatcher } from './shape-match.ts';
import { ShapeNodes } from './shape-nodes.ts';
import { Validator } from './validate.ts';

/** A compiled projection with the shapes it has learned: one per thread and source. */
export class Scan {
  readonly projection: Projection;
  readonly #isFull: boolean;
  readonly #cells: CellReader;
  readonly #locator: Locator;
  readonly #validator = new Validator();
  readonly #tree = new ShapeNodes();
  readonly #matcher: ShapeMatcher;
  readonly #learner: ShapeLearner;
  #columns: ScanColumns = openColumns([], 0);
  #bytes: Uint8Array = new Uint8Array(0);

  /** Throws `Error` for paths that exclude each other (see `openPaths`). */
  constructor(projection: Projection) {
    const { fields, validate } = projection;
    this.projection = projection;
    this.#isFull = validate === 'full';
    this.#cells = new CellReader(fields);
    this.#locator = new Locator(openPaths(fields), fields.length);
    const check = this.#isFull ? this.#validator : null;
    this.#matcher = new ShapeMatcher(this.#tree, this.#locator.places, check);
    this.#learner = new ShapeLearner(this.#tree, this.#locator, this.#validator);
  }

  /**
   * Takes the bytes whose records are read next and the columns to fill, which must have been opened
   * for the same fields. String cells refer to `bytes`; the heap starts empty. O(1).
   */
  open(bytes: Uint8Array, columns: ScanColumns): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    columns.bytes = bytes;
    columns.heapBytes = 0;
    this.#columns = columns;
    this.#bytes = bytes;
    this.#cells.open(columns);
    this.#tree.open(view);
    this.#matcher.open(bytes, view);
    this.#learner.open(bytes);
  }

  /**
   * Reads the record bytes[from, to) into row `row`; returns 0, or a reason code. After a failure
   * the row's cells are undefined: use the row again for the next record.
   */
  read(from: number, to: number, row: number): number {
    const columns = this.#columns;
    if (row >= columns.capacity) growColumns(columns, row + 1);
    const { places } = this.#locator;
    const heapBytes = columns.heapBytes;
    const isKnown = this.#learner.isActive && this.#match(from, to);
    let code = isKnown ? 0 : this.#locate(from, to);
    if (code === 0) code = this.#cells.read(places, from, row);
    if (code !== 0) columns.heapBytes = heapBytes;
    else if (isKnown) this.#learner.hit(from, to);
    else this.#learner.missed(from, to);
    return code;
  }

  /** Plain words for a code that `read` returned. */
  reasonText(code: number): string {
    return reasonText(code, this.projection.fields);
  }

  /** Whether a code says that the record is no JSON object or that it does not fit the schema. */
  letterOf(code: number): 'DECODE' | 'SCHEMA' {
    return letterOf(code);
  }

  #match(from: number, to: number): boolean {
    const { start } = this.#locator.places;
    for (let field = 0; field < start.length; field++) start[field] = ABSENT;
    return this.#matcher.match(from, to);
  }

  #locate(from: number, to: number): number {
    if (this.#isFull && this.#bytes[from] !== 0xef) {
      const end = this.#validator.value(this.#bytes, from, to);
      if (end < 0) return brokenAt(this.#bytes, ~end, from, to);
    }
    return this.#locator.locate(this.#bytes, from, to);
  }
}

/** A scan for a projection. Throws `Error` for paths that exclude each other. */
export const compileScan = (projection: Projection): Scan => new Scan(projection);
