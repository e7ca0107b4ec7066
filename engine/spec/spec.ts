/**
 * The definition after reading, interpolation, shape checks and normalising: durations are
 * milliseconds, sizes bytes, stand-ins (`instead`) are resolved, names are still names and
 * expressions are still text. Positions are asked of the locator by path.
 */
import type { ColumnType } from '../core/batch.ts';
import type { Locator } from './diagnostic.ts';
import type { TestSpec } from './test-spec.ts';

/** A keyword and its validated arguments, e.g. `{ keyword: 'kafka', args: { topic } }`. */
export interface Keyed {
  readonly keyword: string;
  readonly args: unknown;
}

/** A named connection with the client options it was given. */
export interface ConnectionSpec {
  readonly name: string;
  readonly kind: 'kafka' | 'cassandra';
  /** `host:port` list; kafka brokers or cassandra contact points. */
  readonly addresses: readonly string[];
  /** Kind-specific settings: tls, sasl, local_data_center, keyspace, replication, client … */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * One field of a schema; `path` is its place in the document. The path of a metadata column
 * (`_key _partition _offset _timestamp`) is empty: it comes from the record's envelope.
 */
export interface FieldSpec {
  readonly name: string;
  readonly path: readonly string[];
  readonly type: ColumnType;
  readonly required: boolean;
}

/** Where event time comes from; `column` is a column of the schema. */
export type EventTimeSpec =
  | { readonly kind: 'broker' }
  | { readonly kind: 'unit'; readonly column: string; readonly unit: 's' | 'ms' }
  | { readonly kind: 'iso'; readonly column: string }
  | {
      readonly kind: 'pattern';
      readonly column: string;
      readonly pattern: string;
      readonly ambiguous: 'earlier' | 'later' | 'dead_letter';
    };

/** How records are encoded; the marks of CSV are single characters. */
export type FormatSpec =
  | { readonly kind: 'json'; readonly validate: 'read' | 'full' }
  | {
      readonly kind: 'csv';
      readonly delimiter: string;
      readonly quote: string;
      /** What stands for null beside nothing at all. */
      readonly nullText: string | null;
      /** False: no first line names the columns, which are those of the schema, in its order. */
      readonly header?: false;
    };

/** A source: its connector after stand-ins, its schema, its clock. */
export interface SourceSpec {
  readonly name: string;
  readonly connector: Keyed;
  /** Null: it is not said. */
  readonly format: FormatSpec | null;
  readonly schema: readonly FieldSpec[];
  readonly eventTime: EventTimeSpec;
  readonly watermark: {
    readonly outOfOrderMs: number;
    readonly idleMs: number;
    readonly maxFutureMs: number;
    readonly maxDriftMs: number;
    /** True when the source says `watermark:` itself; a window wants it said. */
    readonly declared: boolean;
  };
}

/** Row-wise keywords of a stage, in the order written. */
export interface RecordStageSpec {
  readonly kind: 'record';
  readonly name: string;
  readonly from: readonly string[];
  readonly operations: readonly Keyed[];
}

/** A window stage. */
export interface WindowStageSpec {
  readonly kind: 'window';
  readonly name: string;
  readonly from: readonly string[];
  /** tumbling, sliding or whole with its arguments (sizeMs, everyMs). */
  readonly window: Keyed;
  readonly offsetMs: number;
  readonly graceMs: number;
  readonly groupBy: readonly string[];
  /** Result name → expression text over aggregates, in the order written. */
  readonly aggregate: ReadonlyMap<string, string>;
  readonly having: string | null;
  readonly late: 'drop' | 'dead_letter';
  readonly emit: 'final' | 'on_end' | { readonly everyMs: number };
}

/** A sink and the condition on its rows. */
export interface SinkSpec {
  readonly name: string;
  readonly from: string;
  readonly where: string | null;
  readonly connector: Keyed;
}

/** A parameter: bool as 0/1, timestamp as epoch ms, null when it has none. */
export interface ParameterSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly value: number | string | null;
}

/** What happens to records that cannot be used; `share` is 0..1. */
export interface ErrorSpec {
  readonly decode: 'fail' | 'skip' | 'dead_letter';
  readonly expression: 'fail' | 'skip' | 'dead_letter';
  readonly deadLetter: Keyed;
  readonly stopWhen: { readonly share: number; readonly ofLast: number } | null;
  /** How long a sink may take nothing; null: for ever. */
  readonly giveUpAfterMs: number | null;
}

/** A whole definition. */
export interface Spec {
  readonly file: string;
  readonly name: string;
  readonly description: string | null;
  /** Version of the language the definition is written in. */
  readonly version: 1;
  readonly timezone: string;
  /** What `now()` and ages are counted from, epoch ms. */
  readonly nowMs: number;
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
  readonly parameters: readonly ParameterSpec[];
  readonly sources: readonly SourceSpec[];
  readonly stages: readonly (RecordStageSpec | WindowStageSpec)[];
  readonly sinks: readonly SinkSpec[];
  readonly errors: ErrorSpec;
  readonly limits: { readonly memoryBytes: number; readonly keys: number };
  readonly checkpoint: { readonly everyMs: number; readonly directory: string };
  readonly tests: readonly TestSpec[];
  /** Values of secret variables that were expanded: hidden wherever something is printed. */
  readonly secrets: readonly string[];
  /** Sentences about stand-ins taken, e.g. "no broker configured (KAFKA_BROKERS): simulated …". */
  readonly notices: readonly string[];
  readonly locator: Locator;
}
