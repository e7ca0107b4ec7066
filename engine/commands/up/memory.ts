/** Resident memory of everything that `engine up` runs. */

/** One row of the table. */
export interface PartMemory {
  readonly name: string;
  /** The most that was seen, MiB. */
  readonly peakMib: number;
}

/** Keeps the peaks of parts, and of their sum at one instant. */
export class MemoryWatch {
  readonly #peaks = new Map<string, number>();
  #peakSum = 0;

  /** Takes a look: MiB by part; those without a process are not there. */
  see(now: ReadonlyMap<string, number>): void {
    let sum = 0;
    for (const [name, mib] of now) {
      sum += mib;
      this.#peaks.set(name, Math.max(mib, this.#peaks.get(name) ?? 0));
    }
    this.#peakSum = Math.max(this.#peakSum, sum);
  }

  get parts(): readonly PartMemory[] {
    return Array.from(this.#peaks, ([name, peakMib]) => ({ name, peakMib }));
  }

  /** The most that all parts had together, MiB. */
  get peakSumMib(): number {
    return this.#peakSum;
  }

  /** The table for a person. */
  get text(): string {
    const rows = [
      ...this.parts.map(({ name, peakMib }) => [name, peakMib] as const),
      ['together, at the most', this.#peakSum] as const,
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    const lines = rows.map(([name, mib]) => `  ${name.padEnd(width)} ${`${mib} MiB`.padStart(9)}`);
    return `resident memory\n${lines.join('\n')}\n`;
  }
}
