/**
 * Capabilities the graph is given. Adapters in io/ implement them; tests do in memory. Everything
 * here is about batches: nothing below a port sees a record.
 */
import type { Observable } from 'rxjs';
import type { RowBatch } from '../core/batch.ts';
import type { DeadLetter, Reply, Slice, Task } from '../../workers/protocol.ts';

/** Bytes read from a source: one buffer, cut into runs of partitions. Ownership moves with it. */
export interface Frame {
  readonly buffer: ArrayBuffer;
  /** `maxEventTime` is filled in by the graph. */
  readonly slices: readonly Omit<Slice, 'maxEventTime'>[];
}

/** What a source says, in order per partition. */
export type SourceEvent =
  | { readonly kind: 'frame'; readonly frame: Frame }
  /**
   * A fetch at the end of the partition, `end`, came back empty; `polledMs` since the previous fetch
   * (T5).
   */
  | {
      readonly kind: 'empty';
      readonly partition: number;
      readonly end: number;
      readonly polledMs: number;
    }
  /** End offsets, for lag and for `--until end`. */
  | { readonly kind: 'ends'; readonly ends: ReadonlyMap<number, number> }
  /**
   * Partitions of the topic as they are known: sent first, and again when one is added or moved.
   * `starts` names the next offset of those that do not begin at their resume point: of all that had
   * none, and of those where records are gone and the user said to go on behind them (R4).
   */
  | {
      readonly kind: 'partitions';
      readonly partitions: readonly number[];
      readonly starts?: Positions;
      /** True: records are on their way to all of them, so none is idle for being empty yet (T4). */
      readonly filling?: boolean;
    }
  /** Something a person should know, e.g. another group member holds partition 2 (R8). */
  | { readonly kind: 'notice'; readonly text: string };

/** Where to begin: next offset per partition; partitions not named begin at the source's `start`. */
export type Positions = ReadonlyMap<number, number>;

/** What is checked at a restart (R4), by partition. */
export interface ResumePoint {
  readonly nextOffset: number;
  readonly lastBatch: { readonly baseOffset: number; readonly crc: number } | null;
}

/** A source of bytes. */
export interface SourcePort {
  /**
   * Cold: subscribing opens and reads, unsubscribing closes. Completes only for bounded input.
   * Emits no frame of a partition between `pause` and `resume` except those already on their way.
   */
  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent>;
  /** Stops fetching (all partitions when none is named); heartbeats go on. Idempotent. */
  pause(partitions?: readonly number[]): void;
  resume(partitions?: readonly number[]): void;
  /** Reads records [first, next) of a partition once more, outside the flow. */
  reread(partition: number, first: number, next: number): Promise<Frame>;
  /** Stores advisory positions (R4) after a snapshot is durable. Failures are only reported. */
  commit(positions: Positions): Promise<void>;
  /**
   * What it must know at a restart beside its positions, as it was at these (R9). JSON, for the
   * snapshot; undefined: nothing.
   */
  memory?(positions: ReadonlyMap<number, ResumePoint>): unknown;
  /** Takes back what `memory` gave; called before `open`. */
  restore?(memory: unknown): void;
  /** The identity that state is kept under (R3), e.g. cluster id and topic. Known after opening. */
  identity(): Promise<string>;
  /** End offsets now. */
  ends(): Promise<Positions>;
  /** Takes back the buffer of a frame that has been read, to put another into it. */
  recycle?(buffer: ArrayBuffer): void;
  /** The most bytes one frame may hold, for the ledger. */
  readonly maxFrameBytes: number;
}

/** A sink's staged output that a snapshot must name (R2). JSON. */
export type SinkHandle = unknown;

/** A sink of rows. */
export interface SinkPort {
  /** Creates or checks what it writes to. `handle` is the one of the snapshot restored, if any. */
  open(handle: SinkHandle | null): Promise<void>;
  /**
   * Takes rows, resolves when they are acknowledged (or staged, for sinks with `prepare`). Retries
   * by itself for ever; rejects only when the run must stop. Rows refused for their content go to
   * `onRefused`. May be called again before it resolves: the byte ledger bounds what is held.
   */
  write(batch: RowBatch): Promise<void>;
  /** Stages everything written so far; the handle goes into the snapshot. */
  prepare?(): Promise<SinkHandle>;
  /** Makes a prepared handle visible; idempotent. */
  commit?(handle: SinkHandle): Promise<void>;
  /** Sends what waits for company (`write` may hold rows up to 50 ms). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A row the server refused for its content. */
export interface RefusedRow {
  readonly batch: RowBatch;
  readonly row: number;
  readonly reason: string;
}

/** What sink adapters are given besides their node. */
export interface SinkContext {
  readonly pipeline: string;
  readonly signal: AbortSignal;
  /** Identity of the source that the rows come from (R3), where it is known. */
  readonly origin?: string;
  readonly onRefused: (rows: readonly RefusedRow[]) => void;
  /** Rows past their TTL, skipped (K2). */
  readonly onExpired?: (rows: number) => void;
  /** Retries, reconnects and the like: one line for a person. */
  readonly onNotice: (text: string) => void;
  /**
   * Next write timestamp in microseconds, strictly rising, never below an earlier run's (R5).
   * `rows` timestamps are taken at once; the first is returned.
   */
  readonly nextWriteTimestamp: (rows: number) => bigint;
}

/** Where dead letters go. At least once; readers deduplicate by id (R6). */
export interface DeadLetterPort {
  open(): Promise<void>;
  write(letters: readonly DeadLetter[]): Promise<void>;
  close(): Promise<void>;
}

/** The pool of worker threads. */
export interface PoolPort {
  readonly workers: number;
  /** Runs a task; the buffer is transferred. Rejects with EngineError ENG_WORKER_FAILED. */
  run(task: Task): Promise<Reply>;
  close(): Promise<void>;
}

/** `stop`: the run fails with the exact difference; `skip`: it goes on behind what is gone. */
export type OnDataLoss = 'stop' | 'skip';

/** What a source adapter is given besides its node. */
export interface SourceContext {
  readonly pipeline: string;
  readonly signal: AbortSignal;
  /** What to do when a log has lost records that come next (R4): stop unless told. */
  readonly onDataLoss?: OnDataLoss;
  readonly onNotice: (text: string) => void;
}
