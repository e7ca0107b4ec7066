import type { Frame } from '../../graph/ports.ts';
import type { FlowGate } from './flow-gate.ts';
import { FrameCollector, splitFrame } from './frame-collector.ts';
import type { Cut } from './record-batch.ts';

/** What delivery steers and feeds. */
export interface DeliveryOptions {
  readonly gate: FlowGate;
  readonly emit: (frame: Frame) => void;
  /** The topic's partitions as they are known. */
  readonly partitions: () => readonly number[];
  /** What fetches now; null between two memberships. */
  readonly fetcher: () => {
    pause(partitions: readonly number[]): void;
    resume(partitions: readonly number[]): void;
  } | null;
}

/**
 * From fetched runs to frames that are handed on as the gate allows: what is on its way when all is
 * paused is kept, one response at most, and handed on before anything newer of its partitions.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #frames = new FrameCollector((frame) => this.#deliver(frame));
  #kept: Frame[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** False for a fetch that must not be taken now; it will be fetched again. */
  wants(partition: number, bytes: Buffer): boolean {
    return this.#isWelcome(partition) && this.#frames.takes(bytes);
  }

  /** Takes a partition's runs. The frame follows in a microtask. */
  add(partition: number, bytes: Buffer, cuts: readonly Cut[]): void {
    this.#frames.add(partition, bytes, cuts);
  }

  /** The gate was closed for these partitions, or for all. */
  paused(partitions?: readonly number[]): void {
    const { fetcher, partitions: known } = this.#options;
    if (partitions !== undefined) fetcher()?.pause(partitions);
    else if (this.#kept.length > 0) fetcher()?.pause(known());
  }

  /** Hands on what was kept, as far as it may; a subscriber may pause again meanwhile. */
  release(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const frame of kept) this.#deliver(frame);
    this.#steer();
  }

  /**
   * Hands on what was kept of these partitions, whatever the gate says: what is said of them next,
   * that they go on elsewhere, must not overtake it.
   */
  handOver(partitions: ReadonlySet<number>): void {
    const split = this.#kept.map((frame) => splitFrame(frame, (each) => partitions.has(each)));
    this.#kept = split.flatMap(([, others]) => others ?? []);
    for (const [own] of split) if (own !== null) this.#options.emit(own);
    this.#steer();
  }

  /** Forgets what was kept. */
  clear(): void {
    this.#kept = [];
  }

  #isWelcome(partition: number): boolean {
    const { gate } = this.#options;
    // Opening a partition hands on what is kept of it: nothing newer overtakes that.
    return this.#kept.length === 0 ? gate.keeps(partition) : gate.isOpen(partition);
  }

  #deliver(frame: Frame): void {
    const { gate, emit } = this.#options;
    const [open, closed] = splitFrame(frame, (partition) => gate.isOpen(partition));
    if (closed !== null) {
      this.#kept.push(closed);
      this.#steer();
    }
    if (open !== null) emit(open);
  }

  /** Tells kafkajs what to fetch. Its own pause-all forgets itself, so partitions are always named. */
  #steer(): void {
    const { gate, partitions, fetcher } = this.#options;
    const isKeeping = gate.isAllPaused && this.#kept.length === 0 && !gate.isHeld;
    const isOpen = (partition: number): boolean =>
      isKeeping ? gate.keeps(partition) : gate.isOpen(partition);
    fetcher()?.pause(partitions().filter((partition) => !isOpen(partition)));
    fetcher()?.resume(partitions().filter(isOpen));
  }
}
