/** What outlives the crashes of crash-world.fixture.ts. */
import type { DeadLetter } from '../../workers/protocol.ts';
import type { SnapshotContent } from '../io/checkpoint/snapshot-store.ts';

/** Rows on their way to a table. */
export interface StampedRows {
  readonly rows: readonly string[];
  readonly stamp: number;
}

/** What a crash does not touch. */
export class Durable {
  /** Last row written, by key: `stage key start`. */
  readonly table = new Map<string, string>();
  /** Rows that replaced another row of their key. */
  readonly conflicts: string[] = [];
  #lastStamp = 0;
  readonly #stamps = new Map<string, number>();
  /** Staged rows, of which the first `committed` count. */
  readonly file: string[] = [];
  committed = 0;
  readonly letters = new Map<string, DeadLetter>();
  #snapshot: { header: string; buffers: readonly Uint8Array[] } | null = null;

  /** The last snapshot, read from disk anew. */
  get snapshot(): SnapshotContent | null {
    if (this.#snapshot === null) return null;
    const { header, buffers } = this.#snapshot;
    return { header: JSON.parse(header) as unknown, buffers: buffers.map((each) => each.slice()) };
  }

  /** A snapshot is on disk. */
  save(header: string, buffers: readonly Uint8Array[]): void {
    this.#snapshot = { header, buffers };
  }

  /** The write timestamp of rows that are handed over now (R5). */
  stamp(): number {
    return ++this.#lastStamp;
  }

  /** Upserts rows, but where one with a greater write timestamp is there. */
  put({ rows, stamp }: StampedRows): void {
    for (const row of rows) {
      const key = row.split(' ').slice(0, 3).join(' ');
      const before = this.table.get(key);
      if (before !== undefined && before !== row) this.conflicts.push(`${before} → ${row}`);
      if ((this.#stamps.get(key) ?? 0) > stamp) continue;
      this.#stamps.set(key, stamp);
      this.table.set(key, row);
    }
  }

  /** All rows that readers see, sorted. */
  get rows(): string[] {
    return [...this.table.values(), ...this.file.slice(0, this.committed)].sort();
  }

  /** `partition@offset` of all letters with a code. */
  lettersOf(code: string): string[] {
    const found = [...this.letters.values()].filter((letter) => letter.code === code);
    return found.map(({ partition, offset }) => `${partition}@${offset}`).sort();
  }
}
