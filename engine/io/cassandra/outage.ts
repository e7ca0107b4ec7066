/** Tells a person when Cassandra does not take writes: once at first, every 10 s, and when it is over. */

const REMIND_MS = 10_000;

/** Counts the requests that are being tried again; says so through the sinks' notices. */
export class Outage {
  readonly #server: string;
  #failing = 0;
  #since = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(server: string) {
    this.#server = server;
  }

  /** A request has failed and will be tried again until `end`. */
  begin(reason: string, notify: (text: string) => void): void {
    this.#failing++;
    if (this.#failing > 1) return;
    this.#since = performance.now();
    notify(
      `Cassandra ${this.#server} does not take writes (${reason}); trying again until it does`,
    );
    this.#timer = setInterval(() => {
      const requests = this.#failing === 1 ? '1 request waits' : `${this.#failing} requests wait`;
      notify(`Cassandra ${this.#server}: still no luck after ${this.#seconds()} s, ${requests}`);
    }, REMIND_MS);
    this.#timer.unref();
  }

  /** The request is done: taken, refused or given up. */
  end(notify: (text: string) => void, taken: boolean): void {
    this.#failing--;
    if (this.#failing > 0) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (taken) notify(`Cassandra ${this.#server} takes writes again, after ${this.#seconds()} s`);
  }

  #seconds(): number {
    return Math.max(1, Math.round((performance.now() - this.#since) / 1000));
  }
}
