/**
 * When events are due, and which of them closes a window: an open loop sends by the clock, whatever
 * the engine does, so that nothing that waits goes unseen (coordinated omission).
 */

/** What an open loop sends. */
export interface ScheduleSettings {
  readonly eventsPerSecond: number;
  readonly keys: number;
  readonly partitions: number;
  readonly windowMs: number;
  /** When the first event is due, epoch ms. */
  readonly startMs: number;
}

/** One event; its event time is when it is due. */
export interface DueEvent {
  readonly key: number;
  readonly partition: number;
  /** Epoch ms, with a fraction. */
  readonly dueMs: number;
}

/** Hands out events in the order they are due. */
export class Schedule {
  readonly #settings: ScheduleSettings;
  #next = 0;
  /** The window that the latest event of each partition lies in. */
  readonly #windows: number[];
  /** By the end of a window: partitions that have passed it. */
  readonly #passed = new Map<number, number>();
  /** By the end of a window: when the record is due that closes it, with an `out_of_order` of 0. */
  readonly closedBy = new Map<number, number>();
  /** Events by the end of their window. */
  readonly events = new Map<number, number>();

  constructor(settings: ScheduleSettings) {
    this.#settings = settings;
    this.#windows = Array.from({ length: settings.partitions }, () =>
      this.#endOf(settings.startMs),
    );
  }

  /** When the next event is due. */
  get nextMs(): number {
    return this.#settings.startMs + (this.#next * 1000) / this.#settings.eventsPerSecond;
  }

  /** Takes the next event. */
  take(): DueEvent {
    const dueMs = this.nextMs;
    const key = this.#next++ % this.#settings.keys;
    const partition = key % this.#settings.partitions;
    const end = this.#endOf(dueMs);
    this.events.set(end, (this.events.get(end) ?? 0) + 1);
    for (let passed = this.#windows[partition] as number; passed < end;) {
      const partitions = (this.#passed.get(passed) ?? 0) + 1;
      this.#passed.set(passed, partitions);
      if (partitions === this.#settings.partitions) this.closedBy.set(passed, dueMs);
      passed += this.#settings.windowMs;
      this.#windows[partition] = passed;
    }
    return { key, partition, dueMs };
  }

  #endOf(ms: number): number {
    const { windowMs } = this.#settings;
    return (Math.floor(ms / windowMs) + 1) * windowMs;
  }
}
