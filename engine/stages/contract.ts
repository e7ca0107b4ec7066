/**
 * A stage file: keyword, planner and (for sources and sinks) adapter in one value. The registry is an
 * array of these; spec/ sees the keyword, plan/ the planner, run/ the rest.
 */
import type { Keyword } from '../spec/keyword.ts';
import type { RecordPlanner, SinkPlanner, SourcePlanner, WindowPlanner } from '../plan/planner.ts';

/** A source keyword with its planner. */
export interface SourceStage<Args = unknown> extends Keyword<Args>, SourcePlanner<Args> {
  readonly family: 'source';
}

/** A row-wise keyword with its planner. */
export interface RecordStage<Args = unknown> extends Keyword<Args>, RecordPlanner<Args> {
  readonly family: 'record';
}

/** A window keyword with its planner. */
export interface WindowStage<Args = unknown> extends Keyword<Args>, WindowPlanner<Args> {
  readonly family: 'window';
}

/** A sink keyword with its planner. */
export interface SinkStage<Args = unknown> extends Keyword<Args>, SinkPlanner<Args> {
  readonly family: 'sink';
}

/** Any stage of the registry. */
export type Stage = SourceStage | RecordStage | WindowStage | SinkStage;
