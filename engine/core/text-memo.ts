/** What was made of texts lately, by the numbers that a scan gives them (see BytesVector). */

/** As many as a scan has numbers at a time: their low bits. */
const SLOTS = 1024;

/** A number for each of the texts seen lately. For the texts of one scan. */
export class TextMemo {
  readonly #numbers = new Float64Array(SLOTS);
  readonly #values = new Float64Array(SLOTS);

  /** Whether something is kept for the text of this number. */
  has(number: number): boolean {
    return number !== 0 && this.#numbers[number & (SLOTS - 1)] === number;
  }

  /** What is kept for a text that `has`. */
  get(number: number): number {
    return this.#values[number & (SLOTS - 1)] as number;
  }

  /** Keeps a value; nothing for number 0. */
  set(number: number, value: number): void {
    if (number === 0) return;
    this.#numbers[number & (SLOTS - 1)] = number;
    this.#values[number & (SLOTS - 1)] = value;
  }

  /** Forgets everything. */
  clear(): void {
    this.#numbers.fill(0);
  }
}
