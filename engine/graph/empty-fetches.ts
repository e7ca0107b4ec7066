/**
 * Empty fetches that wait behind frames, added up: while a sink is out nothing is taken out of the
 * line for hours, and partitions that are idle say so twenty times a second.
 *
 *     arrive   e0 e1 e0 e0 e1 ─ frame ─ e0 e0
 *     in line  e0    e1       ─ frame ─ e0          each with the polled time of all
 */
import type { SourceEvent } from './ports.ts';

type Empty = Extract<SourceEvent, { kind: 'empty' }>;

/**
 * One a partition in each stretch without other events that the clock goes by, so that what waits is
 * bounded by partitions and frames. Of partitions that are polled together, as one fetch does, the
 * watermark is never moved further than it would be one by one.
 */
export class EmptyFetches {
  /** Of the last stretch, and still in the line. */
  readonly #waiting = new Map<number, { -readonly [Key in keyof Empty]: Empty[Key] }>();

  /** What is to wait in the line for an event; null where it is added to what waits already. */
  push<Event extends { readonly kind: string }>(event: Event | Empty): Event | Empty | null {
    if (!isEmpty(event)) {
      // These matter to no clock.
      if (event.kind !== 'ends' && event.kind !== 'notice') this.#waiting.clear();
      return event;
    }
    const before = this.#waiting.get(event.partition);
    if (before !== undefined) {
      before.polledMs += event.polledMs;
      before.end = event.end;
      return null;
    }
    const own = { ...event };
    this.#waiting.set(event.partition, own);
    return own;
  }

  /** An event leaves the line: nothing may be added to it any more. */
  shift(event: { readonly kind: string }): void {
    if (isEmpty(event) && this.#waiting.get(event.partition) === event) {
      this.#waiting.delete(event.partition);
    }
  }
}

const isEmpty = (event: { readonly kind: string }): event is Empty => event.kind === 'empty';
