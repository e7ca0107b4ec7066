/** Rows of closed windows as columns. */
import type { AccumulatorState, ResultPlan } from '../aggregate/accumulator.ts';
import type { Finish } from '../aggregate/aggregate.ts';
import type { Placed } from '../aggregate/layout.ts';
import type { StateRows } from '../aggregate/state-rows.ts';
import { aggregateOf } from '../aggregate/registry.ts';
import { type Cell, type Vector, isText } from '../batch.ts';
import type { KeyOrder } from '../key.ts';
import type { GroupCount } from './counters.ts';
import type { GroupTable } from './group-table.ts';

/** A group whose result is out of the range of its type: an expression error (O4). */
export interface ResultFailure {
  readonly key: number;
  readonly windowStart: number;
  readonly windowEnd: number;
  /** Name of the result column. */
  readonly result: string;
  readonly records: number;
}

/** Rows in (window end, key) order. The columns belong to the caller. */
export interface ClosedWindows {
  readonly length: number;
  /** Global key ids. */
  readonly keys: Int32Array;
  /** Of counted windows the partition (W7). */
  readonly windowStart: Float64Array;
  /** Of counted windows the number of the window. */
  readonly windowEnd: Float64Array;
  /** Records that counted in the row. */
  readonly records: Float64Array;
  /** One per ResultPlan: numbers with `valid`, or text. */
  readonly vectors: readonly Vector[];
  /** Groups that gave no row. */
  readonly failures: readonly ResultFailure[];
  /** More windows are ready: `close` stopped at its limit of rows. */
  readonly more: boolean;
}

type Growing =
  | { readonly kind: 'number'; readonly values: number[]; readonly valid: number[] }
  | { readonly kind: 'text'; readonly values: (string | null)[] };

interface Finisher {
  readonly name: string;
  readonly accumulator: number;
  readonly finish: Finish;
}

/** Turns group tables into rows. */
export class WindowRows {
  readonly #finishers: readonly Finisher[];
  readonly #columns: readonly Growing[];
  readonly #order: () => KeyOrder;
  readonly #keys: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #records: number[] = [];
  readonly #failures: ResultFailure[] = [];

  constructor(results: readonly ResultPlan[], placed: readonly Placed[], order: () => KeyOrder) {
    this.#order = order;
    this.#finishers = results.map((result) => {
      const { name, aggregate, accumulator } = result;
      const kind = placed[accumulator]?.accumulator.kind ?? '';
      return { name, accumulator, finish: aggregateOf(aggregate).finish(kind, result) };
    });
    this.#columns = results.map(({ type }) =>
      isText(type) ? { kind: 'text', values: [] } : { kind: 'number', values: [], valid: [] },
    );
  }

  get length(): number {
    return this.#keys.length;
  }

  /** Groups that became rows. */
  get emitted(): GroupCount {
    return { groups: this.length, contributions: this.#records.reduce((a, b) => a + b, 0) };
  }

  /** Groups that did not. */
  get failed(): GroupCount {
    const contributions = this.#failures.reduce((total, { records }) => total + records, 0);
    return { groups: this.#failures.length, contributions };
  }

  /** Appends the groups of one window, by key. O(groups · (log groups + results)). */
  append(table: GroupTable, windowStart: number, windowEnd: number): void {
    for (const row of rowsByKey(table, this.#order())) {
      this.appendRow(table.rows, row, { key: table.keys[row] as number, windowStart, windowEnd });
    }
  }

  /** Appends one group. */
  appendRow(
    { records, states }: StateRows,
    row: number,
    { key, windowStart, windowEnd }: Pick<ResultFailure, 'key' | 'windowStart' | 'windowEnd'>,
  ): void {
    const counted = records[row] as number;
    const failed = this.#finish(states, row);
    if (failed !== null) {
      this.#failures.push({ key, windowStart, windowEnd, result: failed, records: counted });
      return;
    }
    this.#keys.push(key);
    this.#starts.push(windowStart);
    this.#ends.push(windowEnd);
    this.#records.push(counted);
  }

  /** Everything appended. */
  take(more: boolean): ClosedWindows {
    return {
      length: this.length,
      keys: new Int32Array(this.#keys),
      windowStart: new Float64Array(this.#starts),
      windowEnd: new Float64Array(this.#ends),
      records: new Float64Array(this.#records),
      vectors: this.#columns.map((column) => vectorOf(column, this.length)),
      failures: this.#failures,
      more,
    };
  }

  /** Writes the cells of the next row; the name of a result that failed, else null. */
  #finish(states: StateRows['states'], row: number): string | null {
    const at = this.length;
    for (let i = 0; i < this.#finishers.length; i++) {
      const { name, accumulator, finish } = this.#finishers[i] as Finisher;
      const cell = finish(states[accumulator] as AccumulatorState, row);
      if (cell === undefined) return name;
      write(this.#columns[i] as Growing, at, cell);
    }
    return null;
  }
}

function write(column: Growing, at: number, cell: Cell): void {
  if (column.kind === 'text') {
    column.values[at] = typeof cell === 'string' ? cell : null;
    return;
  }
  column.values[at] = typeof cell === 'number' ? cell : 0;
  column.valid[at] = cell === null ? 0 : 1;
}

/** The first `length` cells; a row that failed may have left some behind them. */
function vectorOf(column: Growing, length: number): Vector {
  if (column.kind === 'text') return { kind: 'text', values: column.values.slice(0, length) };
  const values = new Float64Array(length);
  const valid = new Uint8Array(length);
  let nulls = false;
  for (let row = 0; row < length; row++) {
    values[row] = column.values[row] as number;
    valid[row] = column.valid[row] as number;
    nulls ||= valid[row] === 0;
  }
  return { kind: 'number', values, valid: nulls ? valid : null };
}

/** The rows of a table in the order of their keys. */
function rowsByKey(table: GroupTable, order: KeyOrder): Int32Array {
  const { length } = table;
  const rows = new Int32Array(length);
  let count = 0;
  if (length * 8 > order.ids.length) {
    for (const key of order.ids) {
      const row = table.find(key);
      if (row >= 0) rows[count++] = row;
    }
    return rows.subarray(0, count);
  }
  for (let row = 0; row < length; row++)
    rows[row] = order.ranks[table.keys[row] as number] as number;
  rows.sort();
  return rows.map((rank) => table.find(order.ids[rank] as number));
}
