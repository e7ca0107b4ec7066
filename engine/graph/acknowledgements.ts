/**
 * Which writes a snapshot must wait for. Writes begin in an epoch; a cut ends the epoch, and the cut
 * is settled when every write begun before it has been acknowledged.
 */

/** Counts writes under way by epoch. */
export class Acknowledgements {
  #epoch = 0;
  readonly #open = new Map<number, number>();
  #waiting: { epoch: number; resolve: () => void }[] = [];

  /** Writes begun and not yet acknowledged. */
  get pending(): number {
    let sum = 0;
    for (const count of this.#open.values()) sum += count;
    return sum;
  }

  /** Begins a write; call the result once when it is acknowledged. */
  begin(): () => void {
    const epoch = this.#epoch;
    this.#open.set(epoch, (this.#open.get(epoch) ?? 0) + 1);
    return () => {
      const left = (this.#open.get(epoch) ?? 0) - 1;
      if (left > 0) this.#open.set(epoch, left);
      else this.#open.delete(epoch);
      this.#settle();
    };
  }

  /** Ends the epoch: the promise resolves when all writes begun so far are acknowledged. */
  cut(): Promise<void> {
    const epoch = this.#epoch++;
    return new Promise((resolve) => {
      this.#waiting.push({ epoch, resolve });
      this.#settle();
    });
  }

  #settle(): void {
    let oldest = Infinity;
    for (const epoch of this.#open.keys()) oldest = Math.min(oldest, epoch);
    this.#waiting = this.#waiting.filter(({ epoch, resolve }) => {
      if (epoch >= oldest) return true;
      resolve();
      return false;
    });
  }
}
