/** What outlives a crash: logs, what sinks have taken, dead letters, snapshots. */
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { StreamRecord } from '../oracles/stream.ts';

/** Rows in one sink. */
export interface Kept {
  /** table: last row by `key start`. */
  readonly table: Map<string, string>;
  /** file and log: in the order written; of a file the first `committed` count. */
  readonly rows: string[];
  committed: number;
}

/** A snapshot as it lies on disk. */
interface Saved {
  readonly header: string;
  readonly buffers: readonly Uint8Array[];
}

/** Everything that lasts. */
export class Durable {
  readonly logs: StreamRecord[][];
  readonly sinks = new Map<string, Kept>();
  readonly letters = new Map<string, DeadLetter>();
  /** Rows of a table that replaced another row of their key. */
  readonly conflicts: string[] = [];
  /** Newest last, at most two. */
  #snapshots: Saved[] = [];

  constructor(partitions: number) {
    this.logs = Array.from({ length: partitions }, () => []);
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
  save(header: string, buffers: readonly Uint8Array[]): void {
    this.#snapshots = [...this.#snapshots.slice(-1), { header, buffers }];
  }

  /** The newest snapshot cannot be read any more; does nothing unless there is an older one. */
  corrupt(): void {
    if (this.#snapshots.length > 1) this.#snapshots.pop();
  }

  /** What a sink holds. */
  of(sink: string): Kept {
    let kept = this.sinks.get(sink);
    if (kept === undefined) {
      kept = { table: new Map(), rows: [], committed: 0 };
      this.sinks.set(sink, kept);
    }
    return kept;
  }

  /** Upserts rows: `key start …` replaces the row of the same key and start. */
  put(sink: string, rows: readonly string[]): void {
    const { table } = this.of(sink);
    for (const row of rows) {
      const key = row.split(' ').slice(0, 2).join(' ');
      const before = table.get(key);
      if (before !== undefined && before !== row)
        this.conflicts.push(`${sink}: ${before} → ${row}`);
      table.set(key, row);
    }
  }
}
