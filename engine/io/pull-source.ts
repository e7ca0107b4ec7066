/**
 * Sources that read when they are asked to (files, logs, simulations): an asynchronous generator
 * behind a gate. Sources that are pushed to (Kafka) do not come through here.
 */
import { Observable } from 'rxjs';
import type { SourceEvent } from '../graph/ports.ts';

/** Which partitions may be read now; what SourcePort's `pause` and `resume` move. */
export class Gate {
  /** State of the partitions that are not in `#others`, which have the opposite one. */
  #isOpen = true;
  readonly #others = new Set<number>();
  #waiting: (() => void)[] = [];

  pause(partitions?: readonly number[]): void {
    this.#set(false, partitions);
  }

  resume(partitions?: readonly number[]): void {
    this.#set(true, partitions);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  isOpen(partition: number): boolean {
    return this.#isOpen !== this.#others.has(partition);
  }

  /** Resolves at once when one of the partitions may be read, else at the next resume or abort. */
  async opened(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !partitions.some((partition) => this.isOpen(partition))) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  #set(open: boolean, partitions?: readonly number[]): void {
    if (partitions === undefined) {
      this.#isOpen = open;
      this.#others.clear();
      return;
    }
    for (const partition of partitions) {
      if (open === this.#isOpen) this.#others.delete(partition);
      else this.#others.add(partition);
    }
  }
}

/**
 * What `read` yields, as a cold Observable; completes when it returns, fails when it throws.
 * Unsubscribing aborts the signal: `read` returns at its next look at it. After every event the event
 * loop turns once, so that replies of the pool and timers come in between.
 */
export function pullEvents(
  read: (signal: AbortSignal) => AsyncIterable<SourceEvent>,
): Observable<SourceEvent> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const pump = async (): Promise<void> => {
      for await (const event of read(abort.signal)) {
        if (abort.signal.aborted) return;
        subscriber.next(event);
        await new Promise((resolve) => setImmediate(resolve));
      }
      subscriber.complete();
    };
    pump().catch((error: unknown) => {
      subscriber.error(error);
    });
    return () => {
      abort.abort();
    };
  });
}
