/**
 * What crosses the thread: tasks of raw bytes one way, columns and partial aggregates the other.
 * Everything here is structured-cloneable; buffers named in a transfer list change owner.
 */
import type { Packed } from '../engine/core/packed.ts';
import type { RowBatch, Vector } from '../engine/core/batch.ts';
import type { KeyEntries } from '../engine/core/key.ts';

/** What a thread is given besides tasks. */
export interface Start {
  /** What workers/entry compiles (the plan); null: none yet, or none that is new. */
  readonly program: unknown;
}

/** A run of one partition's bytes inside a frame's buffer. */
export interface Slice {
  readonly partition: number;
  /** Byte range in the frame's buffer. */
  readonly start: number;
  readonly length: number;
  /** Records below this offset are skipped (a Kafka batch may begin earlier than asked for). */
  readonly firstOffset: number;
  /** Offset that follows the last record of the slice. */
  readonly nextOffset: number;
  /**
   * Greatest event time of the partition merged so far when the task was sent, −Infinity if none:
   * a lower bound of the truth, which saves most second readings for late records.
   */
  readonly maxEventTime: number;
  /** Of a file: where the first byte of the slice lies, unpacked. */
  readonly file?: FilePlace;
  /** Of a CSV file: the columns that its first line names. */
  readonly header?: readonly string[];
  /** Of a file that is a JSON array: its elements are the records, not its lines. */
  readonly isArray?: true;
}

/** A place in a file; the path is relative to the project. */
export interface FilePlace {
  readonly path: string;
  readonly byte: number;
}

/** How many dictionary entries of a worker's key dictionary the main thread has (see Reply). */
export interface DictionaryMark {
  readonly worker: number;
  readonly stage: number;
  readonly generation: number;
  readonly known: number;
  /** True: the worker is to start over with the next generation, so that keys can be forgotten. */
  readonly forget: boolean;
}

/** One unit of work: a frame of a source, or a second look at one for late records' bytes. */
export interface Task {
  /** Index of the source in the plan. */
  readonly source: number;
  readonly buffer: ArrayBuffer;
  readonly slices: readonly Slice[];
  readonly marks: readonly DictionaryMark[];
  /**
   * Set on a second reading: only late records of window stage `stage` (index in plan.stages) come
   * back, as dead letters. `maxEventTime` of the slices is then exact, `closedUpTo` the stage's
   * closed frontier (epoch ms).
   */
  readonly late: { readonly stage: number; readonly closedUpTo: number } | null;
  /** Set to have nothing but the dead letters of these records: what is wrong is known already. */
  readonly wanted?: readonly WantedLetter[];
}

/** A dead letter of which only the record's bytes are missing. */
export interface WantedLetter {
  readonly offset: number;
  readonly code: LetterCode;
  readonly reason: string;
  /** The stage or sink that cannot use the record. */
  readonly stage: string;
  /** As that of the letter. */
  readonly index?: number;
}

/** New entries of a worker's key dictionary: entry `base + i` is bytes[ends[i-1], ends[i]). */
export interface DictionaryDelta {
  readonly generation: number;
  readonly base: number;
  readonly ends: Int32Array;
  readonly bytes: Uint8Array;
}

/**
 * Partial aggregates of one window stage over one slice: row r is one (key, pane, skip).
 * `skip` counts the pane's oldest windows the record was too late for, judged by the maximum event
 * time within the slice (and the task's `maxEventTime`). Where windows count records (W7) a row is one
 * record, and `pane` its offset.
 */
export interface PartialTable {
  /** Index of the window stage in plan.stages. */
  readonly stage: number;
  readonly length: number;
  /** The slice's partition. */
  readonly partition: number;
  /** Worker-local key ids (translated to global ids on arrival). */
  readonly key: Int32Array;
  /** Pane numbers of the stage's assigner: of equal length, or whole local days. */
  readonly pane: Float64Array;
  readonly skip: Int32Array;
  /** Where windows count records: the number of a row among those of its record, if it has one. */
  readonly index?: Float64Array;
  /** Records per row. */
  readonly count: Float64Array;
  /** Number slots of all accumulators in plan order, one array a slot. */
  readonly numbers: readonly Float64Array[];
  /** Text slots of all accumulators in plan order. */
  readonly texts: readonly (string | null)[][];
  /** Collections of all accumulators in plan order. */
  readonly collections: readonly Packed[];
}

/**
 * The records of one slice that reached a dedup, in the order of their offsets (O2): row r of every
 * column is one record. All that follows the dedup happens on the main thread.
 */
export interface DedupTable {
  /** Index of the stage in plan.stages. */
  readonly stage: number;
  readonly length: number;
  /** The distinct keys of the slice; a row's key is an index of it. */
  readonly entries: KeyEntries;
  readonly key: Int32Array;
  readonly offsets: Float64Array;
  readonly eventTimes: Float64Array;
  /** Broker timestamps, epoch ms; NaN where there are none. */
  readonly timestamps: Float64Array;
  /** Greatest event time of the partition before each record, as far as the task knew. */
  readonly before: Float64Array;
  /** Number of each row among those of its record, where an explode made several of one. */
  readonly indexes?: Float64Array;
  /** The columns that cross: those of DedupArgs.carries, in its order. */
  readonly vectors: readonly Vector[];
}

/** Why a record was not used. Codes are stable. */
export type LetterCode =
  | 'DECODE'
  | 'SCHEMA'
  | 'EVENT_TIME'
  | 'EXPRESSION'
  | 'FUTURE'
  | 'LATE'
  | 'LATE_IDLE'
  | 'REFUSED'
  | 'WORKER';

/** A header of a record: its name, and the bytes of its value. */
export type RecordHeader = readonly [name: string, value: Uint8Array | null];

/** A record that could not be used, with its raw bytes and origin. */
export interface DeadLetter {
  readonly code: LetterCode;
  /** Plain words, e.g. `missing required field city`. */
  readonly reason: string;
  /** The source's name for decode errors, else the stage or sink. */
  readonly stage: string;
  readonly source: string;
  readonly partition: number;
  readonly offset: number;
  /** Which of the rows that an explode or a union made of the record; not there for the record. */
  readonly index?: number;
  /** Of a record of a file: where it begins. */
  readonly file?: FilePlace;
  /** Broker timestamp, epoch ms, or null. */
  readonly timestamp: number | null;
  /** Of a record that has any, in their order. */
  readonly headers?: readonly RecordHeader[];
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
}

/** What became of one slice. */
export interface SliceReply {
  readonly partition: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  /** Base offset and crc of the last record batch (R1), null for lines. */
  readonly lastBatch: {
    readonly baseOffset: number;
    readonly crc: number;
  } | null;
  /** Records with a value, from firstOffset on. */
  readonly records: number;
  readonly tombstones: number;
  /** Greatest event time of the records that move the watermark, −Infinity if none. */
  readonly maxEventTime: number;
  /** Event time of the first of them (R3), null if none. */
  readonly firstEventTime: number | null;
  /** COUNTS_PER_STAGE numbers for each of plan.stages, then for each of plan.sinks. */
  readonly counts: Float64Array;
  readonly partials: readonly PartialTable[];
  /** Only where records reached a dedup. */
  readonly dedups?: readonly DedupTable[];
  /** Row-wise sinks' rows: index in plan.sinks and the rows. */
  readonly rows: readonly { readonly sink: number; readonly batch: RowBatch }[];
  readonly letters: readonly DeadLetter[];
  /** Letters that `skip` policies counted only, by code. */
  readonly skipped: number;
}

/** The answer to a task. */
export interface Reply {
  /** The task's buffer, given back to be used again: nothing of the reply points into it. */
  readonly buffer: ArrayBuffer;
  /** Incarnation of the source's program in the worker thread: unique in the process. */
  readonly worker: number;
  readonly slices: readonly SliceReply[];
  /** By stage index, for window stages of this source. */
  readonly dictionaries: readonly {
    readonly stage: number;
    readonly delta: DictionaryDelta;
  }[];
}
