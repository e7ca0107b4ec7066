/**
 * The program of one source in one thread: the part of the plan that is row-wise, from bytes to
 * partial aggregates and sink rows.
 *
 *     slice ─▶ records ─▶ columns ─▶ stage ─▶ stage ─▶ window: partial table
 *                  │          │         │        └────▶ sink: rows
 *                  └──────────┴─────────┴─▶ letters
 */
import { rowsInOrder } from '../engine/core/row-order.ts';
import { COUNTS_PER_STAGE } from '../engine/core/stage-counts.ts';
import type { Plan, SourceNode } from '../engine/plan/planner.ts';
import { type Branch, type Pass, openBranches } from './branch.ts';
import { openDecode } from './decode.ts';
import { Letters, wantedReply } from './letters.ts';
import type { PartialStage } from './partial.ts';
import type { Reply, Slice, SliceReply, Task } from './protocol.ts';
import { type Reading, SourceReader } from './read.ts';
import { type Decode, RecordTable } from './records.ts';

/** Records are read and aggregated this many bytes at a time: they stay in the processor's cache. */
const PORTION_BYTES = 256 * 1024;

/** What a slice's portions add up to. */
interface Sums {
  records: number;
  tombstones: number;
  maxEventTime: number;
  firstEventTime: number | null;
}

function addTo(sums: Sums, table: RecordTable, reading: Reading): void {
  const { selection, tombstones, maxEventTime, eventTime } = reading;
  sums.records += table.length - tombstones;
  sums.tombstones += tombstones;
  sums.maxEventTime = Math.max(sums.maxEventTime, maxEventTime);
  if (selection.count > 0) sums.firstEventTime ??= eventTime[selection.rows[0] as number] as number;
}

/** Compiled once a thread; runs tasks of its source one after the other. */
export class SourceProgram {
  readonly #plan: Plan;
  readonly #source: SourceNode;
  readonly #worker: number;
  readonly #decode: Decode;
  readonly #table = new RecordTable();
  readonly #reader: SourceReader;
  readonly #branches: readonly Branch[];
  readonly #windows: readonly PartialStage[];

  /** `worker` is the incarnation of the thread. */
  constructor(plan: Plan, index: number, worker: number) {
    this.#plan = plan;
    this.#source = plan.sources[index] as SourceNode;
    // The programs of a thread have dictionaries of their own, also of the same stage.
    this.#worker = worker * plan.sources.length + index;
    this.#reader = new SourceReader(this.#source);
    this.#decode = openDecode(this.#source, this.#reader.openInput());
    const { branches, windows } = openBranches(plan, this.#source);
    this.#branches = branches;
    this.#windows = windows;
  }

  /** The generated functions, for golden files and `explain --program`. */
  get source(): string {
    const texts: string[] = [];
    const visit = (branch: Branch): void => {
      if (branch.program !== null) texts.push(branch.program.source);
      branch.children.forEach(visit);
    };
    this.#branches.forEach(visit);
    return texts.join('\n');
  }

  /** Runs a task. Throws EngineError ENG_KAFKA_FORMAT for bytes that are no record batches. */
  run(task: Task): Reply {
    const bytes = new Uint8Array(task.buffer);
    const acknowledged = task.marks.filter(({ worker }) => worker === this.#worker);
    for (const window of this.#windows) {
      window.begin(acknowledged.find(({ stage }) => stage === window.stage));
    }
    const slices = task.slices.map((slice) => this.#runSlice(bytes, slice, task));
    const dictionaries = this.#windows.map((window) => ({
      stage: window.stage,
      delta: window.delta(),
    }));
    return { buffer: task.buffer, worker: this.#worker, slices, dictionaries };
  }

  #runSlice(bytes: Uint8Array, slice: Slice, task: Task): SliceReply {
    const { errors, stages, sinks } = this.#plan;
    const table = this.#table;
    const openLetters = (): Letters => new Letters(table, this.#source.name, slice, errors);
    const letters = openLetters();
    if (task.wanted !== undefined) {
      const wanted = Map.groupBy(task.wanted, ({ offset }) => offset);
      for (const records of this.#decode(bytes, slice, table, PORTION_BYTES)) {
        letters.addWanted(wanted, records);
      }
      return wantedReply(slice, letters);
    }
    // A second reading is after late records only: everything else was reported the first time.
    const own = task.late === null ? letters : openLetters();
    const reading = this.#reader.begin(slice);
    const pass: Pass = {
      source: this.#source.name,
      slice,
      late: task.late,
      table,
      reading,
      letters: own,
      indexes: null,
      counts: new Float64Array((stages.length + sinks.length) * COUNTS_PER_STAGE),
      dedups: [],
      rows: [],
    };
    const sums: Sums = { records: 0, tombstones: 0, maxEventTime: -Infinity, firstEventTime: null };
    for (const records of this.#decode(bytes, slice, table, PORTION_BYTES)) {
      this.#reader.read(records, slice, letters);
      addTo(sums, records, reading);
      const { vectors, length, selection } = reading;
      for (const branch of this.#branches) branch.run({ vectors, length }, selection, pass);
    }
    return this.#replyOf(pass, { sums, letters: own, lastBatch: table.lastBatch });
  }

  #replyOf(
    { slice, counts, dedups, rows }: Pass,
    {
      sums,
      letters,
      lastBatch,
    }: { sums: Sums; letters: Letters; lastBatch: SliceReply['lastBatch'] },
  ): SliceReply {
    return {
      partition: slice.partition,
      firstOffset: slice.firstOffset,
      nextOffset: slice.nextOffset,
      lastBatch,
      ...sums,
      counts,
      partials: this.#windows.flatMap((window) => window.take() ?? []),
      ...(dedups.length > 0 && { dedups }),
      rows: rowsInOrder(rows),
      letters: letters.found,
      skipped: letters.skipped,
    };
  }
}
