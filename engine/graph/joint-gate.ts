/**
 * A dedup over several sources (O2): records wait until no partition can bring one that comes before
 * them in the order of all (core/time/joint-order.ts), then the first of each key pass.
 *
 *     workers: tables ──┐
 *                       ├─▶ waiting ─▶ taken in order ─▶ the first of each key ─▶ what follows
 *     dedups above ─────┘
 *
 * What passes goes on as if its slice were merged then: records that wait hold back the windows below.
 */
import type { Frame, Selection, Vector } from '../core/batch.ts';
import type { Log, Run, WaitingTable } from '../core/dedup/waiting-rows.ts';
import { gather, gatherValues } from '../core/gather.ts';
import { type KeyCodec, openKeyCodec } from '../core/key-codec.ts';
import { KeyDictionary } from '../core/key.ts';
import { type DedupArgs, cutAtDedup } from '../core/operation/dedup.ts';
import { placeOf } from '../core/time/joint-order.ts';
import { invariant } from '../errors.ts';
import type { DedupTable } from '../../workers/protocol.ts';
import { type BranchContext, type OpenedBranches, restOf } from './dedup-branch.ts';
import { type Operate, openOperations } from './dedup-operation.ts';
import type { DedupBranch, DedupPass } from './dedup-pass.ts';
import type { DedupRuntime } from './dedup-state.ts';
import { count, partitionCounts, rowCounts } from './tally.ts';

/** What the records of one partition have given. */
export type Given = Pick<DedupPass, 'partials' | 'rows' | 'wanted'>;

/** Columns of numbers of a table that waits. */
const [OFFSET, EVENT_TIME, TIMESTAMP, NEWEST, INDEX] = [0, 1, 2, 3, 4];

/** What is known of rows that come. */
type Coming = Pick<WaitingTable, 'numbers' | 'vectors' | 'entries' | 'key'>;

/** A dedup over several sources, with what follows it. */
export class JointGate implements DedupBranch {
  readonly dedup: DedupRuntime;
  readonly #context: BranchContext;
  readonly #args: DedupArgs;
  readonly #operate: Operate;
  readonly #rest: DedupBranch;
  readonly #codec: KeyCodec;
  readonly #dictionary = new KeyDictionary();
  readonly #outOfOrderMs: ReadonlyMap<string, number>;

  /** Dedups below it are `opened` already. */
  constructor(dedup: DedupRuntime, context: BranchContext, opened: OpenedBranches) {
    const { node } = dedup;
    const cut = cutAtDedup(node.operations);
    invariant(cut !== null, 'a dedup without a dedup');
    const { before, args, after } = cut;
    const start = { name: node.name, operations: before, slots: args.slots };
    this.dedup = dedup;
    this.#context = context;
    this.#args = args;
    this.#operate = openOperations(start, context.tally.rows, context);
    this.#rest = restOf(node, after, { context, opened });
    this.#codec = openKeyCodec(args.keys);
    this.#outOfOrderMs = new Map(
      context.plan.sources.map(({ name, watermark }) => [name, watermark.outOfOrderMs]),
    );
  }

  /** Takes what a worker has sent. */
  take(table: DedupTable, pass: DedupPass): void {
    const { offsets, eventTimes, timestamps, indexes, entries, key } = table;
    const numbers = [offsets, eventTimes, timestamps, pass.newest, ...(indexes ? [indexes] : [])];
    this.#wait(pass, { numbers, vectors: this.#bySlot(table.vectors), entries, key });
    // The worker has counted as out what it sent.
    rowCounts(this.#context.tally.rows, this.dedup.node.name).out -= table.length;
  }

  /** Takes what has come out of a dedup above. */
  run(frame: Frame, selection: Selection, pass: DedupPass): void {
    rowCounts(this.#context.tally.rows, this.dedup.node.name).in += selection.count;
    const kept = this.#operate(frame, selection, pass);
    if (kept.selection.count === 0) return;
    const key = new Int32Array(kept.selection.count);
    this.#dictionary.clear();
    this.#codec.assign(kept.frame.vectors, kept.selection, this.#dictionary, key);
    const vectors = this.#bySlot(gather(kept.frame.vectors, this.#args.carries, kept.selection));
    const { offsets, eventTimes, timestamps, indexes } = pass.table;
    const all = [offsets, eventTimes, timestamps, pass.newest, ...(indexes ? [indexes] : [])];
    const numbers = all.map((column) => gatherValues(column, kept.selection));
    this.#wait(pass, { numbers, vectors, entries: this.#dictionary.entriesSince(0), key });
  }

  /** Lets records pass that are free; what they give goes to their log. */
  release(freeUpTo: (log: Log) => number, givenBy: (log: Log) => Given): void {
    for (const [table, rows] of this.#firstsOf(this.dedup.waiting.take(freeUpTo))) {
      const { log } = table;
      this.#rest.run(table, rows, passOf(table, this.#outOfOrderOf(log), givenBy(log)));
    }
  }

  /** The least watermark at which any of those was read that wait; ∞ if none does. */
  heldFrom(): number {
    return this.dedup.waiting.runs().reduce((least, { table, from }) => {
      return Math.min(least, placeIn(table.numbers, from, this.#outOfOrderOf(table.log)));
    }, Infinity);
  }

  #outOfOrderOf({ name }: Log): number {
    return this.#outOfOrderMs.get(name) ?? 0;
  }

  #bySlot(carried: readonly Vector[]): (Vector | undefined)[] {
    const vectors = new Array<Vector | undefined>(this.#args.slots).fill(undefined);
    this.#args.carries.forEach((slot, i) => (vectors[slot] = carried[i]));
    return vectors;
  }

  #wait({ source, partition }: DedupPass, rows: Coming): void {
    const { waiting, node } = this.dedup;
    const log = { name: source, partition };
    const { length } = rows.key;
    const places = Float64Array.from({ length }, (_, row) =>
      Math.max(placeIn(rows.numbers, row, this.#outOfOrderOf(log)), waiting.forcedUpTo + 1),
    );
    waiting.add({ ...rows, log, length, places });
    count(this.#context.tally.waiting, node.name, length);
  }

  /** The first rows of their keys, table by table. */
  #firstsOf(runs: readonly Run[]): [WaitingTable, Selection][] {
    const { tally } = this.#context;
    const { node, state } = this.dedup;
    const firsts = new Map<WaitingTable, { rows: Int32Array; count: number }>();
    const time = { eventTime: 0, watermark: 0 };
    for (const { table, from, to } of runs) {
      const { log, numbers, places, entries, key } = table;
      const found = firsts.get(table) ?? { rows: new Int32Array(table.length), count: 0 };
      firsts.set(table, found);
      const { count: known } = found;
      for (let row = from; row < to; row++) {
        time.eventTime = numbers[EVENT_TIME]?.[row] as number;
        time.watermark = places[row] as number;
        if (!state.isFirst(0, entries, key[row] as number, time)) continue;
        found.rows[found.count++] = row;
      }
      const duplicates = to - from - (found.count - known);
      count(tally.waiting, node.name, from - to);
      count(tally.duplicates, node.name, duplicates);
      partitionCounts(tally, log.name, log.partition).duplicates += duplicates;
    }
    return [...firsts].filter(([, { count: passing }]) => passing > 0);
  }
}

/** Where a record stands. */
function placeIn(numbers: readonly Float64Array[], row: number, outOfOrderMs: number): number {
  const newest = numbers[NEWEST]?.[row] as number;
  return placeOf(newest - outOfOrderMs, numbers[EVENT_TIME]?.[row] as number, outOfOrderMs);
}

/** The records of a table on their way through what follows. */
function passOf({ log, numbers }: WaitingTable, outOfOrderMs: number, given: Given): DedupPass {
  const column = (at: number): Float64Array => numbers[at] as Float64Array;
  const indexes = numbers[INDEX];
  return {
    ...given,
    ...{ source: log.name, partition: log.partition },
    table: {
      offsets: column(OFFSET),
      eventTimes: column(EVENT_TIME),
      timestamps: column(TIMESTAMP),
      ...(indexes && { indexes }),
    },
    newest: column(NEWEST),
    watermarks: column(NEWEST).map((max) => max - outOfOrderMs),
  };
}
