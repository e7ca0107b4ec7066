/**
 * The projected JSON scan: declared fields straight from the bytes of a record into columns.
 *
 *     records ──▶ QuickScan ──────known shape, nothing rare──────────────────▶ rows
 *                    │ one by one
 *                    └──▶ ShapeMatcher ──known shape──▶ places ──▶ CellReader ──▶ a row, or a reason
 *                              │                          ▲
 *                           unknown                       │
 *                              └──▶ (Validator) ──▶ Locator ──now and then──▶ ShapeLearner ──▶ shapes
 *
 * The plain way (Locator) defines what a record means; shapes are only a quicker way to the same
 * places, and the quick scan does with vector instructions, many records at once, what most need. On valid JSON the row is what `JSON.parse` gives. Broken structure is always refused; the
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
import type { Input } from './simd/input.ts';
import { OTHER, type Cells } from './simd/memory.ts';
import type { Records } from './records.ts';
import { openQuickScan, type QuickScan, TAKEN } from './simd/quick-scan.ts';
import { Validator } from './validate.ts';

/** The code of what is no record. */
export const NO_RECORD = -1;

/** A compiled projection with the shapes it has learned: one per thread and source. */
export class Scan {
  readonly projection: Projection;
  readonly #isFull: boolean;
  readonly #cells: CellReader;
  readonly #locator: Locator;
  readonly #validator = new Validator();
  readonly #quick: QuickScan | null;
  /** Fields that the quick scan only locates. */
  readonly #others: readonly number[];
  readonly #numbered: readonly number[];
  readonly #tree: ShapeNodes;
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
    this.#quick = this.#isFull ? null : openQuickScan(fields);
    this.#others =
      this.#quick?.cells.flatMap(({ kind }, field) => (kind === OTHER ? field : [])) ?? [];
    this.#numbered = fields.flatMap(({ numbered }, field) => (numbered === true ? field : []));
    this.#tree = this.#quick?.tree ?? new ShapeNodes();
    this.#matcher = new ShapeMatcher(this.#tree, this.#locator.places, check);
    this.#learner = new ShapeLearner(this.#tree, this.#locator, this.#validator);
  }

  /** Where the quick scan reads bytes; null where there is none. */
  get input(): Input | null {
    return this.#quick?.input ?? null;
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
   * Reads records, record i into row i: `codes[i]` becomes 0, a reason code, or NO_RECORD. Cells of
   * rows that hold nothing are undefined, but that texts among them are null. The records must ascend.
   */
  readAll(records: Records, codes: Float64Array): void {
    if (records.length > this.#columns.capacity) growColumns(this.#columns, records.length);
    for (let first = 0; first < records.length;) {
      const count = this.#learner.isActive ? (this.#quick?.reach(records, first) ?? 0) : 0;
      if (count > 0) this.#readQuickly(this.#quick as QuickScan, records, { first, count }, codes);
      else codes[first] = this.#readPlainly(first, records);
      first += Math.max(count, 1);
    }
  }

  #readQuickly(
    quick: QuickScan,
    records: Records,
    { first, count }: { first: number; count: number },
    codes: Float64Array,
  ): void {
    const taken = quick.read(this.#bytes, records, first, count);
    if (taken > 0) quick.copyTo(this.#columns, first, count);
    const { marks } = quick;
    const { valueStart, valueEnd } = records;
    if (taken === count && this.#others.length === 0) {
      codes.fill(0, first, first + count);
      this.#learner.hitAll(records, first, count);
      return;
    }
    for (let i = 0; i < count; i++) {
      const row = first + i;
      if (marks[i] !== TAKEN) codes[row] = this.#readPlainly(row, records);
      else {
        this.#learner.hit(valueStart[row] as number, valueEnd[row] as number);
        codes[row] = this.#others.length === 0 ? 0 : this.#readOthers(quick, i, row, records);
      }
    }
  }

  /** The cells that the quick scan has only located. */
  #readOthers({ cells }: QuickScan, i: number, row: number, { valueStart }: Records): number {
    for (const field of this.#others) {
      const { start, end } = cells[field] as Cells;
      const place = { start: start[i] as number, end: end[i] as number };
      const code = this.#cells.readOne(field, place, valueStart[row] as number, row);
      if (code !== 0) return this.#refused(code, row);
    }
    return 0;
  }

  /** Record `row` of a table, by itself. */
  #readPlainly(row: number, { valueStart, valueEnd }: Records): number {
    for (const field of this.#numbered) (this.#columns.numbers[field] as Float64Array)[row] = 0;
    const from = valueStart[row] as number;
    const code = from < 0 ? NO_RECORD : this.read(from, valueEnd[row] as number, row);
    return code === 0 ? 0 : this.#refused(code, row);
  }

  /** Leaves a row behind that nobody is to read. */
  #refused(code: number, row: number): number {
    for (const start of this.#columns.start) if (start.length > 0) start[row] = -1;
    return code;
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

/** What the reader of a source needs of a scan, whatever its records are encoded in. */
export type RecordScan = Pick<Scan, 'open' | 'readAll' | 'reasonText' | 'letterOf'>;

/** A scan for a projection. Throws `Error` for paths that exclude each other. */
export const compileScan = (projection: Projection): Scan => new Scan(projection);
