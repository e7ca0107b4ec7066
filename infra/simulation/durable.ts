/** What outlives a crash: logs, what sinks have taken, dead letters, snapshots. */
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { encodeBatch } from '../../engine/io/embedded/log-batch.ts';
import type { StreamRecord } from '../oracles/stream.ts';
import type { Framing } from './pipelines.ts';

/** Rows in one sink. */
export interface Kept {
  /** table: last row by `key start`. */
  readonly table: Map<string, string>;
  /** Keys of rows in it that are to be replaced by final ones (R7). */
  readonly provisional: Set<string>;
  /** file and log: in the order written; of a file the first `committed` count. */
  readonly rows: string[];
  committed: number;
}

/** A snapshot as it lies on disk. */
interface Saved {
  readonly header: string;
  readonly buffers: readonly Uint8Array[];
}

/** Records that were written together, or offsets that are empty. */
interface Batch {
  readonly first: number;
  readonly next: number;
  readonly bytes: Uint8Array;
}

/** Everything that lasts. */
export class Durable {
  readonly framing: Framing;
  readonly logs: StreamRecord[][];
  readonly #batches: Batch[][];
  /** Next offsets in the newest snapshot. */
  positions: ReadonlyMap<number, number> = new Map();
  hasGrown = false;
  /** An older snapshot was gone back to: what was committed with the newer one may be taken back. */
  hasFallenBack = false;
  readonly sinks = new Map<string, Kept>();
  readonly letters = new Map<string, DeadLetter>();
  /** What must never happen, whatever comes after. */
  readonly breaches: string[] = [];
  /** Newest last, at most two. */
  #snapshots: Saved[] = [];

  constructor(partitions: number, framing: Framing) {
    this.framing = framing;
    this.logs = Array.from({ length: partitions }, () => []);
    this.#batches = this.logs.map(() => []);
  }

  /** The topic gets another partition. */
  addPartition(): void {
    this.hasGrown = true;
    this.logs.push([]);
    this.#batches.push([]);
  }

  /** Appends a batch to the log of a partition. */
  append(partition: number, records: readonly StreamRecord[]): void {
    const log = this.logs[partition] as StreamRecord[];
    // A batch of Kafka has no gaps: they lie between batches.
    const isGap = (record: StreamRecord | undefined): boolean => record?.kind === 'gap';
    for (let from = 0, to = 1; from < records.length; to++) {
      const first = log.length;
      const isOne = this.framing === 'kafka-v2' && isGap(records[to]) === isGap(records[from]);
      if (to < records.length && isOne) continue;
      const together = records.slice(from, to);
      log.push(...together);
      const bytes = encode(together, first, this.framing);
      this.#batches[partition]?.push({ first, next: log.length, bytes });
      from = to;
    }
  }

  /** The ends of all batches behind an offset. */
  endsAfter(partition: number, offset: number): number[] {
    const behind = this.#batches[partition]?.filter(({ next }) => next > offset) ?? [];
    return behind.map(({ next }) => next);
  }

  /** All batches with records in [first, next), whole. */
  bytesOf(partition: number, first: number, next: number): readonly Uint8Array[] {
    const inside = this.#batches[partition]?.filter(
      (each) => each.first < next && each.next > first,
    );
    return inside?.map(({ bytes }) => bytes) ?? [];
  }

  /** The newest snapshot, read anew. */
  get snapshot(): SnapshotContent | null {
    const saved = this.#snapshots.at(-1);
    if (saved === undefined) return null;
    return {
      header: JSON.parse(saved.header) as unknown,
      buffers: saved.buffers.map((each) => each.slice()),
    };
  }

  /** A snapshot is on disk. */
  save(header: string, buffers: readonly Uint8Array[], positions: Durable['positions']): void {
    this.#snapshots = [...this.#snapshots.slice(-1), { header, buffers }];
    this.positions = positions;
  }

  /** The newest snapshot cannot be read any more; does nothing unless there is an older one. */
  corrupt(): void {
    if (this.#snapshots.length < 2) return;
    this.#snapshots.pop();
    this.hasFallenBack = true;
  }

  /** What a sink holds. */
  of(sink: string): Kept {
    let kept = this.sinks.get(sink);
    if (kept === undefined) {
      kept = { table: new Map(), provisional: new Set(), rows: [], committed: 0 };
      this.sinks.set(sink, kept);
    }
    return kept;
  }

  /** Upserts rows: `key start …` replaces the row of the same key and start. */
  put(sink: string, rows: readonly string[], isProvisional: boolean): void {
    const { table, provisional } = this.of(sink);
    for (const row of rows) {
      const key = row.split(' ').slice(0, 2).join(' ');
      const before = table.get(key);
      // What closed before a partition was known closes again, with its records, after a crash.
      const mayChange =
        before === undefined ||
        before === row ||
        this.hasGrown ||
        isProvisional ||
        provisional.has(key);
      if (isProvisional) provisional.add(key);
      else provisional.delete(key);
      if (!mayChange) this.breaches.push(`${sink}: a final row changed: ${before} → ${row}`);
      table.set(key, row);
    }
  }
}

const encoder = new TextEncoder();

/** Far behind the event time: what is ahead of it by more than max_future. */
const FUTURE_MS = 400_000;

function encode(records: readonly StreamRecord[], first: number, framing: Framing): Uint8Array {
  if (framing === 'lines') return encoder.encode(`${records.map(textOf).join('\n')}\n`);
  if (records[0]?.kind === 'gap') return new Uint8Array(0);
  const batch = records.map((record) => ({
    timestamp: record.t * 1000 - (record.kind === 'future' ? FUTURE_MS : 0),
    key: null,
    value: record.kind === 'tombstone' ? null : encoder.encode(textOf(record)),
    headers: [],
  }));
  return encodeBatch(batch, first);
}

const textOf = ({ kind, k, t, x }: StreamRecord): string =>
  kind === 'bad' ? '{"k": "a", "t": ' : JSON.stringify({ k, t, x });
