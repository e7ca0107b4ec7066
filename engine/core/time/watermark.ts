/**
 * The clock of one source: watermarks of its partitions and of the source (T2–T7).
 *
 *     partition 0  ──────────●─ ─ ─ out_of_order ─ ─ ▶ max       W = least of those not idle
 *     partition 1  ────●─ ─ ─ ─ ─ ─ ─ ─▶ max
 *     partition 2  ─● idle: does not count                       settled = least of all
 *
 * Calls must come in the order of what they tell of: a partition's records when they are merged,
 * its empty fetches after all records fetched before them. All instants are epoch ms.
 */
import type { JsonInstant } from './instant.ts';
import { instantFromJson, instantToJson } from './instant.ts';

/** What the clock goes by, ms (a WatermarkPlan has it). */
export interface ClockPlan {
  readonly outOfOrderMs: number;
  readonly idleMs: number;
}

/** What windows over several sources need to know of each of them (see StageClock). */
export interface SourceTimes {
  /** Least watermark of the partitions that are neither idle nor ended, epoch ms; ∞ if there is none. */
  readonly active: number;
  /** Least watermark of those that have not ended, epoch ms; ∞ at the end, −∞ while none is known. */
  readonly settled: number;
  /** Greatest watermark of all, epoch ms. */
  readonly greatest: number;
  /** Polled time since none is active, ms; ∞ where none is idle. */
  readonly polledMs: number;
}

/** One partition of a source. */
export interface PartitionTime {
  readonly partition: number;
  /** Epoch ms; −∞ where it has had no record. */
  readonly watermark: number;
  readonly idle: boolean;
  readonly ended: boolean;
}

/** The clock's state as JSON. */
export interface ClockSnapshot {
  readonly watermark: JsonInstant;
  readonly settled: JsonInstant;
  readonly partitions: readonly {
    readonly partition: number;
    readonly max: JsonInstant;
    readonly empty: boolean;
    readonly idle: boolean;
    readonly ended: boolean;
    readonly polledMs: number;
  }[];
}

interface Partition {
  /** Greatest event time; for one that was added later, at least what the watermark then stood for. */
  max: number;
  /** Known from the start and without a record so far: idle at its first empty fetch (T4). */
  empty: boolean;
  idle: boolean;
  ended: boolean;
  /** Polled time without records; once all are idle, polled time since then. */
  polledMs: number;
}

/** The clock of one source. */
export class SourceClock {
  readonly #outOfOrderMs: number;
  readonly #idleMs: number;
  readonly #partitions = new Map<number, Partition>();
  #watermark = -Infinity;
  #settled = -Infinity;
  #ahead: ReadonlySet<number> = new Set();

  constructor({ outOfOrderMs, idleMs }: ClockPlan) {
    this.#outOfOrderMs = outOfOrderMs;
    this.#idleMs = idleMs;
  }

  /**
   * Partitions as they are known. The first call names those of the start; ones that a later call
   * adds start at the watermark of that moment (T4). Partitions known already are left alone. With
   * `filling` an empty one is waited for as long as any other, not idle at its first empty fetch.
   */
  addPartitions(partitions: readonly number[], filling = false): void {
    const empty = this.#partitions.size === 0 && !filling;
    const max = this.#watermark + this.#outOfOrderMs;
    for (const partition of partitions) {
      if (this.#partitions.has(partition)) continue;
      const state = { max, empty, idle: false, ended: false, polledMs: 0 };
      this.#partitions.set(partition, state);
    }
  }

  /**
   * Records of a partition were merged; `maxEventTime` is the greatest among those that move the
   * watermark, −Infinity if none does (T2).
   */
  observe(partition: number, maxEventTime: number): void {
    const state = this.#stateOf(partition);
    state.max = Math.max(state.max, maxEventTime);
    state.empty = false;
    state.idle = false;
    state.polledMs = 0;
    this.#advance();
  }

  /**
   * A fetch at the end of the partition came back empty, `polledMs` of polling after the one before;
   * time in which the partition was paused must not be in it (T5).
   */
  empty(partition: number, polledMs: number): void {
    const state = this.#stateOf(partition);
    state.polledMs += polledMs;
    if (!state.idle && (state.empty || state.polledMs >= this.#idleMs)) {
      state.idle = true;
      // From here on polled time counts towards the advance of a source that is all idle.
      if (this.#allIdle()) for (const each of this.#partitions.values()) each.polledMs = 0;
    }
    this.#advance();
  }

  /** The source, or one of its partitions, has ended for good: it holds nothing back any more (T7). */
  end(partition?: number): void {
    if (partition !== undefined) this.#stateOf(partition).ended = true;
    else if (this.#partitions.size === 0) this.#watermark = this.#settled = Infinity;
    else for (const state of this.#partitions.values()) state.ended = true;
    this.#advance();
  }

  /** What the watermark of a partition stands for: its greatest event time, −Infinity if none. */
  maxOf(partition: number): number {
    return this.#partitions.get(partition)?.max ?? this.#watermark + this.#outOfOrderMs;
  }

  /** The partition's own watermark: what decides whether its next record is late (W2). */
  watermarkOf(partition: number): number {
    return this.maxOf(partition) - this.#outOfOrderMs;
  }

  /** W: the least watermark of the partitions that are not idle; never goes back (T4). */
  watermark(): number {
    return this.#watermark;
  }

  /**
   * The part of the watermark that owes nothing to idleness: the least of all partitions, so that no
   * record of any of them can be late for a window it closes unless by its own partition.
   */
  settled(): number {
    return this.#settled;
  }

  /** W where idleness has put it ahead of `settled`: it needs a snapshot before its rows (T5). */
  forced(): number | null {
    return this.#watermark > this.#settled ? this.#watermark : null;
  }

  /**
   * How far the records have come, whether partitions are idle, have ended, or neither: what the
   * watermark is but for T5 and T7. Partitions that never had a record do not count; −∞ if none had.
   */
  reached(): number {
    let least = Infinity;
    for (const { max } of this.#partitions.values()) {
      if (max > -Infinity) least = Math.min(least, max);
    }
    return least === Infinity ? -Infinity : least - this.#outOfOrderMs;
  }

  /** The partition that holds the watermark back; null when none does. */
  heldBy(): number | null {
    let held: number | null = null;
    let least = Infinity;
    for (const [partition, { max, idle, ended }] of this.#partitions) {
      if (idle || ended || max >= least) continue;
      least = max;
      held = partition;
    }
    return held;
  }

  /** What of it counts where it is one of several sources. O(partitions). */
  times(): SourceTimes {
    if (this.#partitions.size === 0) {
      const known = this.#watermark;
      return { active: known, settled: known, greatest: known, polledMs: Infinity };
    }
    let [active, settled, greatest, polledMs] = [Infinity, Infinity, -Infinity, Infinity];
    for (const { max, idle, ended, polledMs: polled } of this.#partitions.values()) {
      const watermark = max - this.#outOfOrderMs;
      greatest = Math.max(greatest, watermark);
      if (ended) continue;
      settled = Math.min(settled, watermark);
      if (idle) polledMs = Math.min(polledMs, polled);
      else active = Math.min(active, watermark);
    }
    return { active, settled, greatest, polledMs };
  }

  /** The partitions as they are now; one of which nothing is known where none is. */
  partitions(): PartitionTime[] {
    if (this.#partitions.size === 0) {
      const { watermark, ended } = {
        watermark: this.#watermark,
        ended: this.#watermark === Infinity,
      };
      return [{ partition: -1, watermark, idle: false, ended }];
    }
    return Array.from(this.#partitions, ([partition, { max, idle, ended }]) => ({
      ...{ partition, idle, ended },
      watermark: max - this.#outOfOrderMs,
    }));
  }

  /** Partitions that are idle now (T5). */
  idle(): number[] {
    return Array.from(this.#partitions)
      .filter(([, { idle }]) => idle)
      .map(([partition]) => partition);
  }

  /** Event time of the slowest partition that is active and has had records; ∞ if there is none. */
  slowest(): number {
    return this.#moving().reduce((least, [, { max }]) => Math.min(least, max), Infinity);
  }

  /**
   * Partitions to be paused (T6): more than `maxDriftMs` of event time ahead of the `slowest`, here
   * or among the sources it is read with; one that is ahead stays so down to half of it. The same set
   * comes back while nothing changes.
   */
  ahead(maxDriftMs: number, slowest = this.slowest()): ReadonlySet<number> {
    const ahead = this.#moving()
      .filter(([partition, { max }]) => {
        const allowed = this.#ahead.has(partition) ? maxDriftMs / 2 : maxDriftMs;
        return max - slowest > allowed;
      })
      .map(([partition]) => partition);
    const same = ahead.length === this.#ahead.size && ahead.every((each) => this.#ahead.has(each));
    if (!same) this.#ahead = new Set(ahead);
    return this.#ahead;
  }

  /** The state as JSON. */
  snapshot(): ClockSnapshot {
    return {
      watermark: instantToJson(this.#watermark),
      settled: instantToJson(this.#settled),
      partitions: Array.from(this.#partitions, ([partition, state]) => ({
        partition,
        ...state,
        max: instantToJson(state.max),
      })),
    };
  }

  /** Takes back what `snapshot` gave; partitions it does not name count as added later. */
  restore({ watermark, settled, partitions }: ClockSnapshot): void {
    this.#watermark = instantFromJson(watermark);
    this.#settled = instantFromJson(settled);
    this.#partitions.clear();
    for (const { partition, max, ...state } of partitions) {
      this.#partitions.set(partition, { ...state, max: instantFromJson(max) });
    }
  }

  /** Partitions that are active and have had records. */
  #moving(): [number, Partition][] {
    return Array.from(this.#partitions).filter(
      ([, { idle, ended, max }]) => !idle && !ended && max > -Infinity,
    );
  }

  #stateOf(partition: number): Partition {
    this.addPartitions([partition]);
    return this.#partitions.get(partition) as Partition;
  }

  /** No partition is active: all are idle or have ended. */
  #allIdle(): boolean {
    for (const { idle, ended } of this.#partitions.values()) if (!idle && !ended) return false;
    return true;
  }

  #advance(): void {
    const times = this.times();
    this.#watermark = Math.max(this.#watermark, watermarkOf(times));
    this.#settled = Math.max(this.#settled, times.settled);
  }
}

/**
 * W (T4); where none is active, the greatest watermark goes on with polled time (T5), of which whole
 * milliseconds count: watermarks are written as timestamps.
 */
export const watermarkOf = ({ active, settled, greatest, polledMs }: SourceTimes): number =>
  active === Infinity && settled < Infinity ? greatest + Math.floor(polledMs) : active;
