/**
 * The program of one source in one thread: the part of the plan that is row-wise, from bytes to
 * partial aggregates and sink rows.
 *
 *     slice ─▶ records ─▶ columns ─▶ stage ─▶ stage ─▶ window: partial table
 *                  │          │         │        └────▶ sink: rows
 *                  └──────────┴─────────┴─▶ letters
 */
import type { Vector } from '../engine/core/batch.ts';
import type { Plan, SourceNode } from '../engine/plan/planner.ts';
import { type Branch, type Pass, openBranches } from './branch.ts';
import { decodeKafka } from './decode-kafka.ts';
import { decodeLines } from './decode-lines.ts';
import { Letters, wantedReply } from './letters.ts';
import type { PartialStage } from './partial.ts';
import type { Reply, Slice, SliceReply, Task } from './protocol.ts';
import { type Reading, SourceReader } from './read.ts';
import { RecordTable } from './records.ts';

/** Compiled once a thread; runs tasks of its source one after the other. */
export class SourceProgram {
  readonly #plan: Plan;
  readonly #source: SourceNode;
  readonly #worker: number;
  readonly #table = new RecordTable();
  readonly #reader: SourceReader;
  readonly #branches: readonly Branch[];
  readonly #windows: readonly PartialStage[];
  #everyRow = new Int32Array(0);

  /** `worker` is the incarnation that replies carry. */
  constructor(plan: Plan, index: number, worker: number) {
    this.#plan = plan;
    this.#source = plan.sources[index] as SourceNode;
    this.#worker = worker;
    this.#reader = new SourceReader(this.#source);
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
    const table = this.#table;
    if (this.#source.framing === 'kafka-v2') decodeKafka(bytes, slice, table);
    else decodeLines(bytes, slice, table);
    const { errors, stages, sinks } = this.#plan;
    const letters = new Letters(table, this.#source.name, slice.partition, errors);
    if (task.wanted !== undefined) return wantedReply(task.wanted, { slice, table, letters });
    const reading = this.#reader.read(table, slice, letters);
    const pass: Pass = {
      source: this.#source.name,
      slice,
      late: task.late,
      table,
      reading,
      // A second reading is after late records only: everything else was reported the first time.
      letters:
        task.late === null
          ? letters
          : new Letters(table, this.#source.name, slice.partition, errors),
      counts: new Float64Array((stages.length + sinks.length) * 4),
      partials: [],
      dedups: [],
      rows: [],
    };
    const vectors: (Vector | undefined)[] = reading.vectors;
    const selection = { rows: this.#rows(reading.rows), count: reading.rows };
    for (const branch of this.#branches)
      branch.run({ vectors, length: reading.rows }, selection, pass);
    return this.#replyOf(pass, reading);
  }

  #replyOf(pass: Pass, reading: Reading): SliceReply {
    const { slice, table, counts, partials, dedups, rows, letters } = pass;
    const { maxEventTime, tombstones, rows: read } = reading;
    return {
      partition: slice.partition,
      firstOffset: slice.firstOffset,
      nextOffset: slice.nextOffset,
      lastBatch: table.lastBatch,
      records: table.length - tombstones,
      tombstones,
      maxEventTime,
      firstEventTime: read > 0 ? (reading.eventTime[0] as number) : null,
      counts,
      partials,
      ...(dedups.length > 0 && { dedups }),
      rows,
      letters: letters.found,
      skipped: letters.skipped,
    };
  }

  #rows(count: number): Int32Array {
    if (this.#everyRow.length < count) {
      this.#everyRow = Int32Array.from({ length: count * 2 }, (_, row) => row);
    }
    return this.#everyRow;
  }
}
