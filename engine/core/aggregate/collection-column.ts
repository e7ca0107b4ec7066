/**
 * A column of collections. Rows of several columns may hold the same one until one of them writes to
 * it, and copies it first: so copies of tables, and merges into groups that are empty, cost nothing.
 */
import { invariant } from '../../errors.ts';
import { type Packed, packed } from '../packed.ts';
import type { AccumulatorState } from './accumulator.ts';
import type { Collection, CollectionKind } from './collection.ts';
import type { RowPairs } from './row-pairs.ts';

interface Held {
  readonly collection: Collection;
  /** Whether another row may hold it too: then it must not change any more. */
  shared: boolean;
}

/** One column of collections by row; rows that hold none are neutral. */
export class CollectionColumn {
  readonly kind: CollectionKind;
  readonly #rows: (Held | null | undefined)[] = [];
  /** A rough size in bytes of what was merged or read, not of what was written to through `own`. */
  sizeBytes = 0;

  constructor(kind: CollectionKind, rows: (Held | null | undefined)[] = []) {
    this.kind = kind;
    this.#rows = rows;
  }

  /** What a row holds, only to be read; null if nothing. */
  at(row: number): Collection | null {
    return this.#rows[row]?.collection ?? null;
  }

  /** What a row holds, to be written to. */
  own(row: number): Collection {
    const held = this.#rows[row] ?? null;
    if (held !== null && !held.shared) return held.collection;
    const collection = held === null ? this.kind.open() : held.collection.clone();
    this.#rows[row] = { collection, shared: false };
    return collection;
  }

  /** Merges rows of another column of the same kind. O(pairs) merges. */
  merge(from: CollectionColumn, pairs: RowPairs): void {
    for (let i = 0; i < pairs.count; i++) {
      const other = from.#rows[pairs.from[i] as number] ?? null;
      if (other === null) continue;
      const row = pairs.into[i] as number;
      const before = this.at(row);
      if (before === null) {
        other.shared = true;
        this.#rows[row] = other;
        this.sizeBytes += other.collection.sizeBytes;
        continue;
      }
      this.sizeBytes -= before.sizeBytes;
      const own = this.own(row);
      own.merge(other.collection);
      this.sizeBytes += own.sizeBytes;
    }
  }

  /** A column that may be written to without changing this one. O(rows). */
  clone(): CollectionColumn {
    for (const held of this.#rows) if (held) held.shared = true;
    const copy = new CollectionColumn(this.kind, this.#rows.slice());
    copy.sizeBytes = this.sizeBytes;
    return copy;
  }

  /** Back to no rows. */
  clear(): void {
    this.#rows.length = 0;
    this.sizeBytes = 0;
  }

  /** The first `length` rows in bytes. */
  encode(length: number): Packed {
    return packed(length, (row) => this.at(row)?.encode() ?? null);
  }

  /** Adds what `encode` wrote to a column without rows. */
  decode({ lengths, bytes }: Packed): this {
    let at = 0;
    for (let row = 0; row < lengths.length; row++) {
      const length = lengths[row] as number;
      if (length < 0) continue;
      const collection = this.kind.decode(bytes.subarray(at, at + length));
      this.#rows[row] = { collection, shared: false };
      this.sizeBytes += collection.sizeBytes;
      at += length;
    }
    return this;
  }
}

/** The collections of an accumulator that has them. */
export function collectionsOf({ collections }: AccumulatorState): CollectionColumn {
  const [column] = collections;
  invariant(column !== undefined, 'an accumulator without its collections');
  return column;
}
