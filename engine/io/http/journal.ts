/**
 * What was read and is not yet in a snapshot: the one place it can be read from again, and what the
 * source remembers as of a position.
 */

/** An event that was emitted. */
export interface Entry {
  readonly offset: number;
  /** Ended by a newline. */
  readonly line: Uint8Array<ArrayBuffer>;
  /** The row it is of. */
  readonly name: string;
  /** Its value of `once_per`, as JSON; null without it. */
  readonly version: string | null;
}

/** Pairs of a row's name and the last version of it. JSON. */
export type Memory = readonly (readonly [name: string, version: string])[];

/** Holds entries by offset. */
export class Journal {
  #entries: Entry[] = [];
  /** Versions of entries that are held no more. */
  readonly #settled = new Map<string, string>();
  readonly #latest = new Map<string, string>();

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.version !== null) this.#latest.set(entry.name, entry.version);
  }

  /** The version of a row's last event, if it has had one. */
  latest(name: string): string | undefined {
    return this.#latest.get(name);
  }

  /** Lines [first, next), those that are still held. */
  range(first: number, next: number): readonly Uint8Array[] {
    return this.#entries
      .filter(({ offset }) => offset >= first && offset < next)
      .map(({ line }) => line);
  }

  /** Forgets the lines before an offset. */
  settle(next: number): void {
    for (const [name, version] of this.memory(next)) this.#settled.set(name, version);
    this.#entries = this.#entries.filter(({ offset }) => offset >= next);
  }

  /** The versions of the rows as they were before an offset. */
  memory(next: number): Memory {
    const versions = new Map(this.#settled);
    for (const { offset, name, version } of this.#entries) {
      if (offset < next && version !== null) versions.set(name, version);
    }
    return [...versions];
  }

  /** Takes back what `memory` gave. */
  restore(memory: Memory): void {
    for (const [name, version] of memory) {
      this.#settled.set(name, version);
      this.#latest.set(name, version);
    }
  }
}
