/**
 * How often values occur, in bins of equal relative width: a DDSketch (Masson, Rim, Lee, 2019). All
 * values of a bin are within RELATIVE_ERROR of its middle. When there are more than MAX_BINS bins,
 * neighbours become one (the uniform collapse of UDDSketch: Epicoco, Melle, Cafaro, Pulimeno, 2020),
 * which doubles the error, about, for all of them; positive values alone reach that when they span
 * more than 8 orders of magnitude, densely.
 *
 * Bins are counted, and are collapsed as often as the set of all values asks for: so the state is a
 * function of the values, whatever their order and however they were merged.
 */
/** Greatest relative error of a value that is read, as long as nothing was collapsed. */
export const RELATIVE_ERROR = 0.01;
/** More bins than this are collapsed. */
export const MAX_BINS = 1024;

const LN_GAMMA = Math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR));

/**
 * Keys are integers in the order of the values: 0 is zero, ±(ORIGIN + i) the bin (γ^(i−1), γ^i] of
 * either sign. |i| is below 37,500 for all doubles.
 */
const ORIGIN = 65_536;
const INFINITE = 1_048_576;
const NOT_A_NUMBER = INFINITE + 1;

/** Counts by bin, bins ascending by value. */
export class RelativeBins {
  readonly #keys: number[];
  readonly #counts: number[];
  /** How often bins were collapsed: then they are γ^(2^level) wide. */
  #level: number;
  /** Of the finite values. */
  #least: number;
  #greatest: number;

  constructor([level, least, greatest, ...bins]: readonly number[] = [0, Infinity, -Infinity]) {
    this.#level = level ?? 0;
    this.#least = least ?? Infinity;
    this.#greatest = greatest ?? -Infinity;
    this.#keys = bins.filter((_, i) => i % 2 === 0);
    this.#counts = bins.filter((_, i) => i % 2 === 1);
  }

  /** Number of bins. */
  get length(): number {
    return this.#keys.length;
  }

  /** Greatest relative error of `valueAt`. */
  get relativeError(): number {
    const gamma = Math.exp(LN_GAMMA * 2 ** this.#level);
    return (gamma - 1) / (gamma + 1);
  }

  /** Counts a value. O(log bins), O(bins) for the first of its bin. */
  add(value: number): void {
    if (Number.isFinite(value)) {
      if (value < this.#least) this.#least = value;
      if (value > this.#greatest) this.#greatest = value;
    }
    const key = collapsed(keyOf(value), this.#level);
    const at = this.#find(key);
    if (this.#keys[at] === key) {
      this.#counts[at] = (this.#counts[at] as number) + 1;
      return;
    }
    this.#keys.splice(at, 0, key);
    this.#counts.splice(at, 0, 1);
    this.#shrink();
  }

  /** Adds the counts of others, which are only read. O(bins). */
  merge(other: RelativeBins): void {
    this.#least = Math.min(this.#least, other.#least);
    this.#greatest = Math.max(this.#greatest, other.#greatest);
    while (this.#level < other.#level) this.#collapse();
    const keys = this.#keys.splice(0);
    const counts = this.#counts.splice(0);
    const times = this.#level - other.#level;
    const others = other.#keys.map((key) => collapsed(key, times));
    for (let i = 0, j = 0; i < keys.length || j < others.length;) {
      const own = keys[i] ?? Infinity;
      const next = others[j] ?? Infinity;
      if (own <= next) this.#append(own, counts[i++] as number);
      else this.#append(next, other.#counts[j++] as number);
    }
    this.#shrink();
  }

  /** About the value with `rank` values before it, in rising order, NaN last. O(bins). */
  valueAt(rank: number): number {
    let before = 0;
    for (let i = 0; i < this.#keys.length; i++) {
      before += this.#counts[i] as number;
      if (before > rank) return this.#middle(this.#keys[i] as number);
    }
    return NaN;
  }

  /** All there is to know, for the constructor. */
  toNumbers(): number[] {
    const numbers = [this.#level, this.#least, this.#greatest];
    this.#keys.forEach((key, i) => numbers.push(key, this.#counts[i] as number));
    return numbers;
  }

  #middle(key: number): number {
    const size = Math.abs(key);
    if (size === NOT_A_NUMBER) return NaN;
    if (size === INFINITE) return Math.sign(key) * Infinity;
    if (size === 0) return 0;
    const width = LN_GAMMA * 2 ** this.#level;
    const middle = (Math.exp((size - ORIGIN) * width) * 2) / (1 + Math.exp(width));
    return Math.min(this.#greatest, Math.max(this.#least, Math.sign(key) * middle));
  }

  /** The place of a key, or where it belongs. */
  #find(key: number): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds a count at the end, where keys may be equal but never fall. */
  #append(key: number, count: number): void {
    const last = this.#keys.length - 1;
    if (last >= 0 && this.#keys[last] === key) {
      this.#counts[last] = (this.#counts[last] as number) + count;
    } else {
      this.#keys.push(key);
      this.#counts.push(count);
    }
  }

  #shrink(): void {
    while (this.#keys.length > MAX_BINS) this.#collapse();
  }

  #collapse(): void {
    this.#level++;
    const keys = this.#keys.splice(0);
    const counts = this.#counts.splice(0);
    keys.forEach((key, i) => {
      this.#append(collapsed(key, 1), counts[i] as number);
    });
  }
}

function keyOf(value: number): number {
  if (value !== value) return NOT_A_NUMBER;
  if (value === 0) return 0;
  const size = Math.abs(value);
  if (size === Infinity) return Math.sign(value) * INFINITE;
  return Math.sign(value) * (ORIGIN + Math.ceil(Math.log(size) / LN_GAMMA));
}

/** The key of a bin after so many more collapses. */
function collapsed(key: number, times: number): number {
  const size = Math.abs(key);
  if (times === 0 || size === 0 || size >= INFINITE) return key;
  return Math.sign(key) * (ORIGIN + Math.ceil((size - ORIGIN) / 2 ** times));
}
