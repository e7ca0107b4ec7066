/** One window stage in the worker: keys, panes and partial aggregates of the records that reach it. */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { partitionsFrom } from '../engine/core/partition-order.ts';
import { openAssigner } from '../engine/core/window/assigner.ts';
import type { PaneRuns } from '../engine/core/window/pane-runs.ts';
import { PartialBuilder } from '../engine/core/window/partial.ts';
import type { WindowAssigner } from '../engine/core/window/window.ts';
import { invariant } from '../engine/errors.ts';
import type { Plan, SourceNode, WindowNode } from '../engine/plan/planner.ts';
import type { Pass } from './branch.ts';
import { StageKeys, ThreadKeys } from './stage-keys.ts';
import type { DictionaryDelta, DictionaryMark, PartialTable } from './protocol.ts';

/** What a window finds of the rows at hand; valid until the next rows. */
interface Found {
  readonly selection: Selection;
  /** Key ids by position in the selection. */
  readonly ids: Int32Array;
  /** By row: the watermark of the partition before the record. */
  readonly watermarks: Float64Array;
  readonly panes: PaneRuns;
}

/** Windows that have the same rows before this one, whose findings are its own too; null: none. */
export interface Before {
  readonly keys: PartialStage | null;
  readonly panes: PartialStage | null;
}

/** Collects partial tables; one per thread and stage. */
export class PartialStage {
  /** Index in plan.stages. */
  readonly stage: number;
  readonly #node: WindowNode;
  readonly #builder: PartialBuilder;
  readonly #assigner: WindowAssigner;
  readonly #before: Before;
  readonly #threadKeys: ThreadKeys;
  readonly #keys: StageKeys;
  readonly #outOfOrderMs: number;
  readonly #partitionsFrom: number;
  #watermarks = new Float64Array(0);
  #found: Found | null = null;

  /** `stage` is the index in plan.stages. */
  constructor(
    plan: Plan,
    stage: number,
    source: SourceNode,
    before: Before = { keys: null, panes: null },
  ) {
    const node = plan.stages[stage] as WindowNode;
    this.stage = stage;
    this.#node = node;
    this.#partitionsFrom = partitionsFrom(node.sources, source.name);
    this.#builder = new PartialBuilder(node);
    this.#assigner = openAssigner(node.shape);
    this.#before = before;
    this.#threadKeys = before.keys === null ? new ThreadKeys(node.keys) : before.keys.#threadKeys;
    this.#keys = new StageKeys(this.#threadKeys);
    this.#outOfOrderMs = source.watermark.outOfOrderMs;
  }

  /** Starts a task: `mark` says which keys the main thread knows. */
  begin(mark: DictionaryMark | undefined): void {
    // What a task left behind that failed.
    this.#builder.clear();
    this.#keys.begin(mark);
  }

  /** The keys that the main thread may not know yet. */
  delta(): DictionaryDelta {
    return this.#keys.delta();
  }

  /** Adds rows of a slice to its table, or looks for late ones only. */
  add(frame: Frame, selection: Selection, pass: Pass): void {
    if (pass.late !== null) {
      if (pass.late.stage === this.stage) this.#reportLate(selection, pass, pass.late.closedUpTo);
      return;
    }
    if (selection.count === 0) return;
    const { ids, watermarks, panes } = this.#find(frame, selection, pass);
    const late = this.#builder.add({
      ...{ selection, keys: ids, watermarks, panes },
      partition: this.#partitionsFrom + pass.slice.partition,
      eventTimes: pass.reading.eventTime,
      offsets: pass.table.offset,
      ...(pass.indexes !== null && { indexes: pass.indexes }),
      vectors: frame.vectors,
    });
    if (this.#node.late === 'dead_letter') {
      for (let i = 0; i < late.count; i++) this.#report('LATE', late.rows[i] as number, pass);
    }
  }

  /** The table of the slice; null when no row reached the stage. */
  take(): PartialTable | null {
    const table = this.#builder.take();
    return table.length === 0 ? null : { stage: this.stage, ...table };
  }

  /** Takes what windows before it have found of the same rows, and finds the rest. */
  #find({ vectors }: Frame, selection: Selection, pass: Pass): Found {
    const keys = this.#before.keys?.foundOf(selection);
    const panes = this.#before.panes?.foundOf(selection);
    this.#found = {
      selection,
      ids: keys?.ids ?? this.#threadKeys.idsOf(vectors, selection),
      watermarks: (keys ?? panes)?.watermarks ?? this.#watermarksOf(pass),
      panes: panes?.panes ?? this.#builder.panesOf(selection, pass.reading.eventTime),
    };
    return this.#found;
  }

  /** What it has found of these rows, the last it was given. */
  foundOf(selection: Selection): Found {
    invariant(this.#found?.selection === selection, `${this.#node.name} has not had these rows`);
    return this.#found;
  }

  #watermarksOf({ reading }: Pass): Float64Array {
    if (this.#watermarks.length < reading.length)
      this.#watermarks = new Float64Array(reading.length * 2);
    for (let row = 0; row < reading.length; row++) {
      this.#watermarks[row] = (reading.before[row] as number) - this.#outOfOrderMs;
    }
    return this.#watermarks;
  }

  /** Second reading: every record that is late for all its windows, whoever found out. */
  #reportLate({ rows, count }: Selection, pass: Pass, closedUpTo: number): void {
    const { graceMs } = this.#node;
    const watermarks = this.#watermarksOf(pass);
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const pane = this.#assigner.paneOf(pass.reading.eventTime[row] as number);
      const windows = this.#assigner.lastWindowOf(pane) - this.#assigner.firstWindowOf(pane) + 1;
      if (this.#assigner.skipFor(pane, watermarks[row] as number, graceMs) === windows) {
        this.#report('LATE', row, pass);
      } else if (this.#assigner.skipFor(pane, closedUpTo, graceMs) === windows) {
        this.#report('LATE_IDLE', row, pass);
      }
    }
  }

  #report(code: 'LATE' | 'LATE_IDLE', row: number, pass: Pass): void {
    const behind = (pass.reading.before[row] as number) - (pass.reading.eventTime[row] as number);
    const reason =
      code === 'LATE'
        ? `late: ${String(Math.round(behind / 1000))} s behind the newest record of its partition`
        : 'late: its windows were closed while its partition was idle';
    pass.letters.add(code, reason, row, { stage: this.#node.name, index: pass.indexes?.[row] });
  }
}
