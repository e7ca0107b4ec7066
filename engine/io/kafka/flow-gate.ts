/**
 * Which partitions may be read on, as pure state.
 *
 * A pause of all partitions (back pressure, comes often) is lazy: the response on its way is still
 * taken, and kept until the resume; so a short pause costs no second fetch. A pause of single
 * partitions (alignment) and a hold (the group lacks a partition) drop what arrives at once.
 */
export class FlowGate {
  #all = false;
  #held = false;
  readonly #paused = new Set<number>();

  get isAllPaused(): boolean {
    return this.#all;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  hold(on: boolean): void {
    this.#held = on;
  }

  pause(partitions?: readonly number[]): void {
    if (partitions === undefined) this.#all = true;
    else for (const partition of partitions) this.#paused.add(partition);
  }

  /** `known` are the topic's partitions: resuming some after a pause of all leaves the others paused. */
  resume(partitions: readonly number[] | undefined, known: readonly number[]): void {
    if (partitions === undefined) {
      this.#all = false;
      this.#paused.clear();
      return;
    }
    if (this.#all) for (const partition of known) this.#paused.add(partition);
    this.#all = false;
    for (const partition of partitions) this.#paused.delete(partition);
  }

  /** Whether a partition is to be read now. */
  isOpen(partition: number): boolean {
    return !this.#all && !this.#held && !this.#paused.has(partition);
  }

  /** Whether what was fetched of a partition may be kept, even if only until the resume. */
  keeps(partition: number): boolean {
    return !this.#held && !this.#paused.has(partition);
  }
}
