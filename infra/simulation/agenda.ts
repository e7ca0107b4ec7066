/** What could happen next. */

interface Item {
  readonly actor: string;
  readonly happen: () => void;
}

/** Events that wait for their turn, by the actor that they are up to. */
export class Agenda {
  /** Actors of which nothing happens for now. */
  readonly stuck = new Set<string>();
  readonly #items: Item[] = [];

  /** Something will happen, in whatever order to all others. */
  add(actor: string, happen: () => void): void {
    this.#items.push({ actor, happen });
  }

  /** Resolves when its turn comes. */
  turn(actor: string): Promise<void> {
    return new Promise((resolve) => this.add(actor, resolve));
  }

  /** The actors of all events that could happen now, in the order they were added. */
  get ready(): readonly string[] {
    return this.#items.flatMap(({ actor }) => (this.stuck.has(actor) ? [] : [actor]));
  }

  /** Lets the `at`-th of those happen. */
  happen(at: number): void {
    let left = at;
    const index = this.#items.findIndex(({ actor }) => !this.stuck.has(actor) && left-- === 0);
    const [item] = index < 0 ? [] : this.#items.splice(index, 1);
    item?.happen();
  }
}
