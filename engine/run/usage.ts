/** What a run costs, counted from the first bytes that are read: opening things is no throughput. */

/** Time and memory of a run. */
export interface Usage {
  /** From the first bytes read to the last row acknowledged and the last snapshot; 0 if none were read. */
  readonly drainMs: number;
  /** CPU time of the process in that time, all threads. */
  readonly cpuMs: number;
  /** The most memory the process ever had resident. */
  readonly peakRssBytes: number;
  /** Buffers that sources handed over, e.g. responses of a broker, and the bytes in them. */
  readonly frames: number;
  readonly frameBytes: number;
}

/** Measures one run. */
export class UsageMeter {
  #begun: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | null = null;

  #frames = 0;
  #frameBytes = 0;

  /** Counts a frame; the first one starts the clock. */
  read(bytes: number): void {
    this.#begun ??= { atMs: performance.now(), cpu: process.cpuUsage() };
    this.#frames++;
    this.#frameBytes += bytes;
  }

  /** What it has cost so far. */
  look(): Usage {
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    const counts = { peakRssBytes, frames: this.#frames, frameBytes: this.#frameBytes };
    if (this.#begun === null) return { drainMs: 0, cpuMs: 0, ...counts };
    const { user, system } = process.cpuUsage(this.#begun.cpu);
    const drainMs = performance.now() - this.#begun.atMs;
    return { drainMs, cpuMs: (user + system) / 1000, ...counts };
  }
}
