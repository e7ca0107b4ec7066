/** What passes between the command and its threads. */
import type { Patch } from '../patch.ts';
import type { GroupCounts } from './group-counts.ts';
import type { PipelineName } from './pipelines.ts';

/** Schedules that a thread is to perform. */
export interface Share {
  readonly seed: number;
  readonly runs: number;
  /** Where in fast-check's choices a failure was found; null: from the start. */
  readonly path: string | null;
  /** False: the first failure is enough. */
  readonly shrinks: boolean;
  readonly patches: readonly Patch[];
  /** Only this pipeline; null: all, in turn. */
  readonly pipeline: PipelineName | null;
}

/** What became of them. */
export interface Outcome {
  readonly runs: number;
  readonly lives: number;
  /** What happened to consumer groups. */
  readonly groups: GroupCounts;
  /** Null when every schedule went well. */
  readonly failure: {
    readonly seed: number;
    readonly path: string;
    /** The shortest schedule found that fails, JSON. */
    readonly schedule: string;
    readonly faults: string;
  } | null;
}
