/**
 * The plan: what a definition means, as plain data. It crosses threads and is printed by `explain`;
 * it holds no functions. Column references are slots of the lineage frame: a source's columns take
 * slots 0..n-1, every computed column appends one, and a stage downstream sees the same slots.
 */
import type { Column, ColumnType } from '../core/batch.ts';
import type { AccumulatorPlan, ResultPlan } from '../core/aggregate/accumulator.ts';
import type { ScopeTimes } from '../core/expression/scope.ts';
import type { WindowShape } from '../core/window/window.ts';
import type { Path, Report } from '../spec/diagnostic.ts';
import type { ConnectionSpec, FormatSpec } from '../spec/spec.ts';

/** A column with the slot its vector sits in. */
export interface PlanColumn extends Column {
  readonly slot: number;
}

/** A connector and its resolved settings: JSON, secrets included (masked only when printed). */
export interface Connector<Config = unknown> {
  readonly kind: string;
  readonly config: Config;
  readonly connection: ConnectionSpec | null;
}

/** How bytes of a source are cut into records. */
export type Framing = 'kafka-v2' | 'lines';

/** Where a record's event time comes from. `slot` is the column's slot. */
export type EventTimePlan =
  | { readonly kind: 'broker' }
  | { readonly kind: 'unit'; readonly slot: number; readonly unit: 's' | 'ms' }
  | { readonly kind: 'timestamp'; readonly slot: number }
  | {
      readonly kind: 'pattern';
      readonly slot: number;
      readonly pattern: string;
      readonly timezone: string;
      readonly ambiguous: 'earlier' | 'later' | 'dead_letter';
    };

/** T2–T6. All in milliseconds. */
export interface WatermarkPlan {
  readonly outOfOrderMs: number;
  readonly idleMs: number;
  readonly maxFutureMs: number;
  readonly maxDriftMs: number;
}

/** Fields of the record's envelope that a schema may declare. */
export type MetadataField = '_key' | '_partition' | '_offset' | '_timestamp' | '_headers';

/** How the value of a column is found in the record. */
export interface FieldPlan {
  /** Path in the JSON document, the metadata field, or the event time that the source has read. */
  readonly from: readonly string[] | MetadataField | 'event_time';
  readonly type: ColumnType;
  readonly required: boolean;
  /** True: nothing reads the column, so only its presence and type are checked. */
  readonly unread?: true;
  /** True: its texts come back, and something is made of each that can be kept by its number. */
  readonly numbered?: true;
}

/** How a record is encoded. */
export type FormatPlan = FormatSpec;

/** A source: its connector, its schema and its clock. */
export interface SourceNode {
  readonly kind: 'source';
  readonly name: string;
  readonly connector: Connector;
  readonly framing: Framing;
  /** True when the source ends by itself (T7). */
  readonly bounded: boolean;
  /** False when nothing can be read twice (R9). */
  readonly replayable?: false;
  readonly format: FormatPlan;
  readonly columns: readonly PlanColumn[];
  /** One per column, same order. A `record_time` behind those declared is for expressions only. */
  readonly fields: readonly FieldPlan[];
  readonly eventTime: EventTimePlan;
  readonly watermark: WatermarkPlan;
}

/** One kernel of core/operation with its arguments (JSON). */
export interface Operation<Args = unknown> {
  readonly operation: string;
  readonly args: Args;
}

/** One input of a union: the slots of its columns, in the order of the union's columns. */
export interface UnionInput {
  readonly input: string;
  readonly slots: readonly number[];
}

/** A node of which the optimiser may say that it runs in one loop with the stage that it reads. */
interface Fusable {
  readonly fused?: true;
}

/**
 * A row-wise stage. `slots` is the length of the frame after it. Where one of the operations is a
 * dedup, those before it run in the worker; it, those after it and all that reads the stage on the
 * main thread.
 */
export interface RecordNode extends Fusable {
  readonly kind: 'record';
  readonly name: string;
  /** Of a union the first one. */
  readonly input: string;
  /** Set where several are read: all of them. */
  readonly union?: readonly UnionInput[];
  readonly operations: readonly Operation[];
  readonly columns: readonly PlanColumn[];
  readonly slots: number;
}

/**
 * A window stage. In the worker: `operations` compute the inputs, then rows are accumulated per
 * (key, pane, skip). On the main thread the closed window gives a frame: key columns in order,
 * window_start, window_end (whatever the shape; of counted windows the partition and the number of
 * the window), then `results` in order; `after` (expressions over
 * aggregates, having) appends to that frame; `columns` name the output.
 */
export interface WindowNode extends Fusable {
  readonly kind: 'window';
  readonly name: string;
  /** Of a union the first one. */
  readonly input: string;
  /** Set where several are read: all of them. */
  readonly union?: readonly UnionInput[];
  /** Set where records of several sources reach it: their names, in the order of O1. */
  readonly sources?: readonly string[];
  /** Length of the worker's frame after `operations`. */
  readonly slots: number;
  readonly operations: readonly Operation[];
  readonly shape: WindowShape;
  readonly graceMs: number;
  readonly keys: readonly PlanColumn[];
  /**
   * Set where a window over the same rows comes before it in the worker: that has looked up the same
   * keys, that has found the same panes.
   */
  readonly keysOf?: string;
  readonly panesOf?: string;
  readonly accumulators: readonly AccumulatorPlan[];
  readonly results: readonly ResultPlan[];
  readonly after: readonly Operation[];
  readonly afterSlots: number;
  readonly columns: readonly PlanColumn[];
  readonly late: 'drop' | 'dead_letter';
  readonly emit: EmitPlan;
}

/**
 * When rows come out (W5): when their window closes, also when it ends, or also every so many ms of
 * processing time.
 */
export type EmitPlan = 'final' | 'on_end' | { readonly everyMs: number };

/** A sink: optional row filter, then the columns it writes in order. */
export interface SinkNode extends Fusable {
  readonly kind: 'sink';
  readonly name: string;
  readonly input: string;
  readonly operations: readonly Operation[];
  readonly slots: number;
  readonly columns: readonly PlanColumn[];
  readonly connector: Connector;
  /** True when rows of records come with all of their envelope (R10), and those of windows with what these gave. */
  readonly envelope?: boolean;
}

/** What happens to records that cannot be used. */
export interface ErrorPlan {
  readonly decode: 'fail' | 'skip' | 'dead_letter';
  readonly expression: 'fail' | 'skip' | 'dead_letter';
  readonly deadLetter: Connector;
  /** Exit 3 when more than `share` (0..1) of the last `ofLast` records were dead-lettered. */
  readonly stopWhen: { readonly share: number; readonly ofLast: number } | null;
  /** Exit 1 when a sink that has rows takes none for so long; absent: never. */
  readonly giveUpAfterMs?: number;
}

/** A whole pipeline. Nodes are in topological order. */
export interface Plan {
  readonly format: 1;
  readonly name: string;
  readonly timezone: string;
  readonly sources: readonly SourceNode[];
  readonly stages: readonly (RecordNode | WindowNode)[];
  readonly sinks: readonly SinkNode[];
  readonly errors: ErrorPlan;
  readonly limits: { readonly memoryBytes: number; readonly keys: number };
  readonly checkpoint: { readonly everyMs: number; readonly directory: string };
  /** URLs of the modules that define stages and aggregates of it; threads import them too. */
  readonly extensions?: readonly string[];
  /** Human sentences about what was chosen (stand-ins, defaults that matter). */
  readonly notices: readonly string[];
}

/** What a planner of one keyword may use. */
export interface PlanContext {
  /** Reports a diagnostic at `path` (relative paths are the planner's own keyword value). */
  readonly report: Report;
  /** Path of the value this planner plans. */
  readonly path: Path;
  readonly pipeline: string;
  readonly timezone: string;
  /** Typed values of `$NAME` parameters. */
  readonly parameters: ReadonlyMap<string, { type: ColumnType; value: number | string | null }>;
  connection(kind: 'kafka' | 'cassandra', name: string | undefined): ConnectionSpec | null;
}

/** What names may stand for where something is planned. */
export interface Names {
  readonly columns: readonly PlanColumn[];
  /** Columns that could not be planned: reported already, so what reads them is not. */
  readonly broken: ReadonlySet<string>;
  /** Columns that are set, but only after this: name → the keyword that sets it. */
  readonly later?: ReadonlyMap<string, string>;
  /** `record_time` and `now()`, where rows have them (O5). */
  readonly times?: ScopeTimes;
}

/** The columns a row-wise planner reads and extends. */
export interface Scope extends Names {
  /** Length of the frame. */
  readonly slots: number;
}

/** Rows that arrive at a sink. */
export interface SinkInput extends Names {
  /** True for rows of a window or anything after one. */
  readonly window: boolean;
  /** Columns that tell a window row from others: groups, `window_start`; none without a window. */
  readonly keys: readonly string[];
  /** Of these, columns between whose values rows come in no order: `partition` of counted windows. */
  readonly apart?: readonly string[];
  /** Columns that tell rows of several windows apart; null where there is one, or none. */
  readonly tells?: readonly string[] | null;
  /** True for rows that an explode made of rows of a window. */
  readonly exploded?: boolean;
  /** Names of the sources of rows of records, where there are several. */
  readonly sources?: readonly string[];
}

/** What a source keyword plans. */
export type PlannedSource = Pick<SourceNode, 'connector' | 'framing' | 'bounded' | 'replayable'> & {
  /** Of files: the format that their names tell; taken where none is written. */
  readonly formatByName?: FormatPlan;
};

/** Contract of a source keyword towards the planner; null after reporting. */
export interface SourcePlanner<Args> {
  plan(args: Args, context: PlanContext): PlannedSource | null;
}

/** Contract of a row-wise keyword: operations to append and the scope after them. */
export interface RecordPlanner<Args> {
  /** Place in the fixed order where, dedup, lookup, explode, set, select, omit. */
  readonly order: number;
  /** True: it may make several rows of one. */
  readonly isExploding?: boolean;
  /** Names of the columns it adds or replaces; none if it is left out. */
  produces?(args: Args): Iterable<string>;
  plan(args: Args, scope: Scope, context: PlanContext): { operations: Operation[]; scope: Scope };
}

/** Contract of a window keyword; null after reporting. */
export interface WindowPlanner<Args> {
  plan(args: Args, context: PlanContext): WindowShape | null;
}

/** Contract of a sink keyword. `input` says what kind of rows arrive; null after reporting. */
export interface SinkPlanner<Args> {
  plan(
    args: Args,
    input: SinkInput,
    context: PlanContext,
  ): Pick<SinkNode, 'connector' | 'columns' | 'envelope'> | null;
}

export type { SizedShape, WindowShape } from '../core/window/window.ts';
