/**
 * Partial aggregation of one window stage over the records of one slice (worker side): records
 * become rows by (key, pane, skip), so that merging on the main thread is arithmetic on columns.
 */
import type { AccumulatorPlan, AccumulatorState } from '../aggregate/accumulator.ts';
import type { Packed } from '../packed.ts';
import type { Layout } from '../aggregate/layout.ts';
import { layoutOf } from '../aggregate/layout.ts';
import { StateRows } from '../aggregate/state-rows.ts';
import type { Selection, Vector } from '../batch.ts';
import { openAssigner } from './assigner.ts';
import { GroupIndex } from './group-index.ts';
import { PaneRuns } from './pane-runs.ts';
import { PairBuffer } from './row-pairs.ts';
import type { WindowAssigner, WindowShape } from './window.ts';

/** What a window stage's partial aggregates are made of (a WindowNode has it). */
export interface PartialPlan {
  readonly shape: WindowShape;
  readonly graceMs: number;
  readonly accumulators: readonly AccumulatorPlan[];
}

/** Records of one slice that reached the stage. */
export interface PartialInput {
  readonly selection: Selection;
  /** Worker-local key ids by position in the selection. */
  readonly keys: Int32Array;
  /** The partition of all records, by row their event times (epoch ms) and their offsets (O1). */
  readonly partition: number;
  readonly eventTimes: Float64Array;
  readonly offsets: Float64Array;
  /** By row its number among those of its record, where there are several. */
  readonly indexes?: Float64Array;
  /**
   * By row: watermark of the partition before the record (W2), that is the greatest event time of
   * all records before it that move the watermark, filtered or not, minus `outOfOrder`.
   */
  readonly watermarks: Float64Array;
  /** The frame; accumulators read their slots. */
  readonly vectors: readonly (Vector | undefined)[];
  /** The panes of the selection, where they were found before: by a builder on the same grid. */
  readonly panes?: PaneRuns;
}

/**
 * The columns of a PartialTable: row r is one (key, pane, skip). A row whose skip is the number of
 * windows of its pane counts records that are late for all of them; its aggregate state is empty.
 * Where windows count records (W7) a row is one record, and `pane` its offset.
 */
export interface PartialColumns {
  readonly length: number;
  /** The partition of all records. */
  readonly partition: number;
  readonly key: Int32Array;
  readonly pane: Float64Array;
  readonly skip: Int32Array;
  /** Where windows count records: the number of a row among those of its record, if it has one. */
  readonly index?: Float64Array;
  readonly count: Float64Array;
  readonly numbers: readonly Float64Array[];
  readonly texts: readonly (string | null)[][];
  /** None where no accumulator has collections. */
  readonly collections: readonly Packed[];
}

/** Collects the partial aggregates of one stage, slice after slice. */
export class PartialBuilder {
  readonly #assigner: WindowAssigner;
  readonly #isCounted: boolean;
  readonly #graceMs: number;
  readonly #layout: Layout;
  readonly #rows: StateRows;
  readonly #groups: GroupIndex;
  readonly #pairs = new PairBuffer();
  readonly #panes = new PaneRuns();
  readonly #indexes: number[] = [];
  #late = new Int32Array(64);
  #partition = 0;

  constructor({ shape, graceMs, accumulators }: PartialPlan) {
    this.#assigner = openAssigner(shape);
    this.#isCounted = shape.kind === 'count';
    this.#graceMs = graceMs;
    this.#layout = layoutOf(accumulators);
    this.#rows = new StateRows(this.#layout, 256);
    this.#groups = new GroupIndex();
  }

  /**
   * Adds records. Returns the rows that are late for all their windows, as far as these watermarks
   * tell; it is only valid until the next call. O(records · accumulators).
   */
  add(input: PartialInput): Selection {
    const late = this.#isCounted ? this.#list(input) : this.#assign(input);
    this.#partition = input.partition;
    const { placed } = this.#layout;
    for (let i = 0; i < placed.length; i++) {
      const { accumulator, slots } = placed[i] as (typeof placed)[number];
      const vectors = slots.map((slot) => input.vectors[slot]);
      const state = this.#rows.states[i] as AccumulatorState;
      accumulator.add(state, this.#pairs, { vectors, order: input });
    }
    return { rows: this.#late, count: late };
  }

  /** The panes of some rows, for `add`; valid until the next call of either. O(rows). */
  panesOf(selection: Selection, eventTimes: Float64Array): PaneRuns {
    return this.#panes.find(this.#assigner, selection, eventTimes);
  }

  /** The table of all records since the last call, with columns of its own; then starts anew. */
  take(): PartialColumns {
    const { length, records, numbers, texts, collections } = this.#rows;
    const { keys, panes, skips } = this.#groups;
    const table: PartialColumns = {
      length,
      partition: this.#partition,
      key: keys.slice(0, length),
      pane: panes.slice(0, length),
      skip: skips.slice(0, length),
      count: records.slice(0, length),
      numbers: numbers.map((column) => column.slice(0, length)),
      texts: texts.map((column) => column.slice()),
      collections: collections.map((column) => column.encode(length)),
      ...(this.#indexes.length > 0 && { index: Float64Array.from(this.#indexes) }),
    };
    this.clear();
    return table;
  }

  /** Forgets the records since the last `take`. */
  clear(): void {
    this.#rows.clear();
    this.#groups.clear();
    this.#indexes.length = 0;
  }

  /** Gives every record a row of its own, since only the main thread knows its window; none is late. */
  #list({ selection, keys, offsets, indexes }: PartialInput): number {
    const { rows, count } = selection;
    this.#pairs.reset(count);
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const own = this.#groups.append(keys[i] as number, offsets[row] as number);
      this.#rows.open();
      this.#rows.records[own] = 1;
      this.#pairs.push(own, row);
      if (indexes !== undefined) this.#indexes.push(indexes[row] as number);
    }
    return 0;
  }

  /** Fills `#pairs` with (group row, input row) and `#late`; the number of late rows. */
  #assign(input: PartialInput): number {
    const { selection, keys, eventTimes, watermarks } = input;
    const { rows, count } = selection;
    const { panes, ends, length } = input.panes ?? this.panesOf(selection, eventTimes);
    const assigner = this.#assigner;
    const groups = this.#groups;
    const pairs = this.#pairs;
    pairs.reset(count);
    const { into, from } = pairs;
    let paired = 0;
    const states = this.#rows;
    let { records } = states;
    if (this.#late.length < count) this.#late = new Int32Array(count * 2);
    let late = 0;
    let i = 0;
    for (let run = 0; run < length; run++) {
      const pane = panes[run] as number;
      const first = assigner.firstWindowOf(pane);
      const windows = assigner.lastWindowOf(pane) - first + 1;
      // The first watermark at which one of the windows is late.
      const firstLate = assigner.windowEnd(first) + this.#graceMs;
      for (const end = ends[run] as number; i < end; i++) {
        const row = rows[i] as number;
        const watermark = watermarks[row] as number;
        const skip = watermark < firstLate ? 0 : assigner.skipFor(pane, watermark, this.#graceMs);
        const group = groups.rowOf(keys[i] as number, pane, skip);
        if (group === states.length) {
          states.open();
          records = states.records;
        }
        records[group] = (records[group] as number) + 1;
        if (skip === windows) this.#late[late++] = row;
        else {
          into[paired] = group;
          from[paired++] = row;
        }
      }
    }
    pairs.count = paired;
    return late;
  }
}
