/**
 * Where reading that starts inside a log can first give whole windows (R3): windows that begin before
 * the first event time read lack the records before it.
 *
 *     partition 0  · · · · ·├──●────          ├ where reading starts, ● its first event time
 *     partition 1  · · ·├───────────●──
 *                                   └ windows that begin before it give no row
 *
 * Every partition that starts inside its log, with records behind the start, counts: the greatest of
 * their first event times is the line. A partition that starts at its end has nothing to say until
 * something is written, perhaps days later: then the first event time read of any partition counts.
 */
import { type JsonInstant, instantFromJson, instantToJson } from '../core/time/instant.ts';

/** The state as JSON. */
export interface StartLineSnapshot {
  readonly at: JsonInstant;
  readonly hasRead: boolean;
  readonly hasEnds: boolean;
  /** Partitions whose first event time has not been read: start, and whether that is their end. */
  readonly unread: readonly (readonly [
    partition: number,
    start: number,
    isAtEnd: boolean | null,
  ])[];
}

interface Unread {
  readonly start: number;
  /** Null while the ends are not known. */
  isAtEnd: boolean | null;
}

/** The start line of one source. Instants are epoch ms. */
export class StartLine {
  #at = -Infinity;
  #hasRead = false;
  /** Some partition started at the end of a log that was not empty. */
  #hasEnds = false;
  readonly #unread = new Map<number, Unread>();

  /** Windows that begin before it are incomplete; −Infinity when all are whole. */
  get at(): number {
    return this.#at;
  }

  /** Reading of a partition begins at an offset. */
  open(partition: number, start: number): void {
    this.#unread.set(partition, { start, isAtEnd: null });
  }

  /** The ends of the logs; the first that is heard of a partition counts. */
  ends(ends: ReadonlyMap<number, number>): void {
    for (const [partition, unread] of this.#unread) {
      const end = ends.get(partition);
      if (end === undefined || unread.isAtEnd !== null) continue;
      unread.isAtEnd = unread.start >= end;
      this.#hasEnds ||= unread.isAtEnd && unread.start > 0;
    }
  }

  /** The first event time of a slice of the partition, null if it has none. */
  read(partition: number, firstEventTime: number | null): void {
    const unread = this.#unread.get(partition);
    if (unread === undefined || firstEventTime === null) return;
    this.#unread.delete(partition);
    const isAtEnd = unread.isAtEnd === true;
    const counts = isAtEnd ? !this.#hasRead : true;
    const isInside = unread.start > 0 || this.#hasEnds;
    if (counts && isInside) this.#at = Math.max(this.#at, firstEventTime);
    this.#hasRead = true;
  }

  /** The state as JSON. */
  snapshot(): StartLineSnapshot {
    return {
      at: instantToJson(this.#at),
      hasRead: this.#hasRead,
      hasEnds: this.#hasEnds,
      unread: Array.from(this.#unread, ([p, { start, isAtEnd }]) => [p, start, isAtEnd] as const),
    };
  }

  /** Takes back what `snapshot` gave. */
  restore({ at, hasRead, hasEnds, unread }: StartLineSnapshot): void {
    this.#at = instantFromJson(at);
    this.#hasRead = hasRead;
    this.#hasEnds = hasEnds;
    this.#unread.clear();
    for (const [p, start, isAtEnd] of unread) this.#unread.set(p, { start, isAtEnd });
  }
}
