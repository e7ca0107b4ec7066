/** What outlives a crash: logs, what sinks have taken, dead letters, snapshots. */
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import { Group } from './group.ts';
import type { Topic } from './topic.ts';

/** Rows in one sink. */
export interface Kept {
  /** table: last row by `key start`, which may be one that a final one is to replace (R7, W5). */
  readonly table: Map<string, string>;
  /** Keys of rows in it that are not final. */
  readonly provisional: Set<string>;
  /** The final rows of a table by `key start`, whatever was written since. */
  readonly finals: Map<string, string>;
  /** When each row of a table was written (R5). */
  readonly stamps: Map<string, number>;
  /** file and log: in the order written; of a file the first `committed` count. */
  readonly rows: string[];
  committed: number;
}

/** A snapshot as it lies on disk. */
interface Saved {
  readonly header: string;
  readonly buffers: readonly Uint8Array[];
}

/** Rows on their way to a table. */
export interface Upsert {
  readonly rows: readonly string[];
  readonly isProvisional: boolean;
  /** Write time: what was written later stands (R5). */
  readonly stamp: number;
}

/** What a row is known by: its key and what tells the windows of a key apart. */
export const keyOf = (row: string): string => row.split(' ').slice(0, 2).join(' ');

/** Everything that lasts. */
export class Durable {
  /** In the order of the plan's sources. */
  readonly topics: readonly Topic[];
  /** The consumer group of each. */
  readonly groups: readonly Group[];
  /** Lives that have begun. */
  lives = 0;
  hasGrown = false;
  /** An older snapshot was gone back to: what was committed with the newer one may be taken back. */
  hasFallenBack = false;
  readonly sinks = new Map<string, Kept>();
  readonly letters = new Map<string, DeadLetter>();
  /** What must never happen, whatever comes after. */
  readonly breaches: string[] = [];
  /** Newest last, at most two. */
  #snapshots: Saved[] = [];
  #stamp = 0;

  constructor(topics: readonly Topic[]) {
    this.topics = topics;
    this.groups = topics.map((topic) => new Group(topic, this.breaches));
  }

  /** A topic gets another partition. */
  addPartition(topic: Topic): void {
    this.hasGrown = true;
    topic.addPartition();
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
    if (this.#snapshots.length < 2) return;
    this.#snapshots.pop();
    this.hasFallenBack = true;
  }

  /** What a sink holds. */
  of(sink: string): Kept {
    let kept = this.sinks.get(sink);
    if (kept === undefined) {
      kept = {
        ...{ table: new Map(), provisional: new Set(), finals: new Map(), stamps: new Map() },
        ...{ rows: [], committed: 0 },
      };
      this.sinks.set(sink, kept);
    }
    return kept;
  }

  /** The next write time. */
  stamp(): number {
    return this.#stamp++;
  }

  /** Upserts rows: `key start …` replaces the row of the same key and start, if it was written later. */
  put(sink: string, { rows, isProvisional, stamp }: Upsert): void {
    const { table, provisional, finals, stamps } = this.of(sink);
    for (const row of rows) {
      const key = keyOf(row);
      const final = finals.get(key);
      // What closed before a partition was known closes again, with its records, after a crash.
      if (!isProvisional && final !== undefined && final !== row && !this.hasGrown) {
        this.breaches.push(`${sink}: a final row changed: ${final} → ${row}`);
      }
      if (!isProvisional) finals.set(key, row);
      if ((stamps.get(key) ?? -1) > stamp) continue;
      stamps.set(key, stamp);
      table.set(key, row);
      if (isProvisional) provisional.add(key);
      else provisional.delete(key);
    }
  }
}
