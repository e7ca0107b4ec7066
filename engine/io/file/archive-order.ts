/**
 * The order of an archive: the parts of a partition, one after the other, are its records in the order
 * of their offsets, each once (R10).
 *
 * So a record goes by the newest time of its partition so far: one that is late at midnight stays with
 * its neighbours in the file of the new day, and the file of the old day is not written to again.
 */
export class ArchiveOrder {
  /** Next offset by partition. */
  readonly #next: Map<number, number>;
  /** Newest event time by partition, epoch ms. */
  readonly #newest = new Map<number, number>();
  #repeated = 0;

  /** `next`: next offsets of what has been archived; a run that reads it again adds nothing. */
  constructor(next: ReadonlyMap<number, number>) {
    this.#next = new Map(next);
  }

  get next(): readonly (readonly [partition: number, offset: number])[] {
    return [...this.#next];
  }

  /** Records that were archived before. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Whether a record is to be written: false when it has been. */
  take(partition: number, offset: number): boolean {
    if (offset < (this.#next.get(partition) ?? 0)) {
      this.#repeated++;
      return false;
    }
    this.#next.set(partition, offset + 1);
    return true;
  }

  /** The time that says which file a record goes to. */
  timeOfFile(partition: number, eventTimeMs: number): number {
    const time = Math.max(eventTimeMs, this.#newest.get(partition) ?? -Infinity);
    this.#newest.set(partition, time);
    return time;
  }
}
