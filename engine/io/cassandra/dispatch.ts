/**
 * Sends groups of rows with bounded concurrency until each is acknowledged or refused.
 *
 *   enqueue → queue → in flight ──ok──────────────────────────────▶ delivered
 *                        │ ▲
 *                        │ ├─ backoff ◀─ transient
 *                        │ └─ does the table fit? ◀─ prepared anew
 *                        ├─ content, several rows: halves, one after the other
 *                        ├─ content, one row ─────────────────────▶ refused
 *                        └─ fatal, or the table no longer fits ───▶ the sink fails
 */
import pRetry, { type Options } from 'p-retry';
import type { EngineError } from '../../errors.ts';
import { failureKindOf, fatalError, reasonOf } from './failure.ts';
import { halve, type Group } from './group.ts';
import type { Outage } from './outage.ts';

/** Requests in flight; measured on one node: more only queues in the server. */
const MAX_REQUESTS = 128;
/** Bytes in flight: 64 full batches. */
const MAX_BYTES = 1_048_576;

/** What the dispatcher works with. */
export interface Delivery<Owner> {
  readonly execute: (group: Group<Owner>) => Promise<unknown>;
  /** Rejects with ENG_CASSANDRA_SCHEMA when the table no longer fits. */
  readonly checkTable: () => Promise<void>;
  readonly onDelivered: (group: Group<Owner>) => void;
  /** A group of one row that the server will not take. */
  readonly onRefused: (group: Group<Owner>, reason: string) => void;
  readonly onFatal: (error: EngineError) => void;
  readonly onNotice: (text: string) => void;
}

/** A queue of groups for one table. */
export class Dispatcher<Owner> {
  readonly #delivery: Delivery<Owner>;
  readonly #outage: Outage;
  readonly #signal: AbortSignal;
  readonly #patience: Options;
  #queue: Group<Owner>[] = [];
  #head = 0;
  #requests = 0;
  #bytes = 0;

  /** @param signal ends all trying; what is queued then is dropped without a word */
  constructor(delivery: Delivery<Owner>, outage: Outage, signal: AbortSignal) {
    this.#delivery = delivery;
    this.#outage = outage;
    this.#signal = signal;
    this.#patience = {
      retries: Infinity,
      minTimeout: 100,
      maxTimeout: 5_000,
      randomize: true,
      signal,
    };
  }

  /** Takes groups over. */
  enqueue(groups: readonly Group<Owner>[]): void {
    for (const group of groups) this.#queue.push(group);
    this.#pump();
  }

  #pump(): void {
    while (
      this.#head < this.#queue.length &&
      this.#requests < MAX_REQUESTS &&
      (this.#bytes < MAX_BYTES || this.#requests === 0) &&
      !this.#signal.aborted
    ) {
      const group = this.#queue[this.#head++] as Group<Owner>;
      this.#requests++;
      this.#bytes += group.bytes;
      void this.#deliver(group);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 4_096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  async #deliver(group: Group<Owner>): Promise<void> {
    // Halving changes what is sent, not what was counted.
    const { bytes } = group;
    try {
      await this.#send(group);
    } catch (error) {
      if (!this.#signal.aborted) this.#delivery.onFatal(fatalError(error, 'Cassandra write'));
    }
    this.#requests--;
    this.#bytes -= bytes;
    this.#pump();
  }

  async #send(group: Group<Owner>): Promise<void> {
    try {
      await this.#delivery.execute(group);
      this.#delivery.onDelivered(group);
    } catch (error) {
      await this.#recover(group, error);
    }
  }

  async #recover(group: Group<Owner>, error: unknown): Promise<void> {
    const kind = failureKindOf(error);
    if (kind === 'fatal') throw error;
    if (kind === 'content') {
      await this.#isolate(group, reasonOf(error));
      return;
    }
    if (kind === 'new_statement') {
      await this.#check();
      await this.#send(group);
      return;
    }
    const { onNotice } = this.#delivery;
    let taken = false;
    this.#outage.begin(reasonOf(error), onNotice);
    try {
      if (kind === 'unknown_statement') await this.#check();
      await this.#retry(group);
      taken = true;
    } catch (again) {
      // Refused at last: the server is there, only the content is wrong.
      taken = failureKindOf(again) === 'content';
      if (!taken) throw again;
      await this.#isolate(group, reasonOf(again));
    } finally {
      this.#outage.end(onNotice, taken);
    }
  }

  async #retry(group: Group<Owner>): Promise<void> {
    await pRetry(() => this.#delivery.execute(group), {
      ...this.#patience,
      shouldRetry: async ({ error }) => {
        const kind = failureKindOf(error);
        if (kind === 'content' || kind === 'fatal') return false;
        if (kind !== 'transient') await this.#check();
        return true;
      },
    });
    this.#delivery.onDelivered(group);
  }

  /** Finds the refused row by halves; the others are written. */
  async #isolate(group: Group<Owner>, reason: string): Promise<void> {
    if (group.rows.length === 1) {
      // "Unknown column" and the like come as refusals too, but no row is to blame for them.
      await this.#check();
      this.#delivery.onRefused(group, reason);
      return;
    }
    for (const half of halve(group)) await this.#send(half);
  }

  /** Rejects when the table does not fit; a server that is away is waited for. */
  async #check(): Promise<void> {
    await pRetry(() => this.#delivery.checkTable(), {
      ...this.#patience,
      shouldRetry: ({ error }) => failureKindOf(error) !== 'fatal',
    });
  }
}
