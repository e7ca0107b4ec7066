/**
 * Values of a group from which any quantile can be read: all of them up to EXACT_VALUES, then their
 * counts in relative bins. When it changes over depends on the number of values alone, so that the
 * state is a function of the values, whatever their order and however they were merged (O3).
 */
import { invariant } from '../../errors.ts';
import type { Collection, CollectionKind } from './collection.ts';
import { RelativeBins } from './relative-bins.ts';

/** Up to so many values quantiles are exact. */
export const EXACT_VALUES = 512;

/** Leads the numbers of bins; exact values are led by EXACT. */
const BINNED = 1;
const EXACT = 0;

/** A growing collection of numbers. −0 is as 0, NaN is the greatest. */
export class Quantiles implements Collection {
  /** All values, in any order; null once they are in bins. */
  #values: number[] | null;
  #bins: RelativeBins | null;
  /** The values in order, once asked for. */
  #sorted: Float64Array | null = null;

  constructor(values: number[] | null = [], bins: RelativeBins | null = null) {
    this.#values = values;
    this.#bins = bins;
  }

  get sizeBytes(): number {
    return 96 + (this.#values?.length ?? 0) * 8 + (this.#bins?.length ?? 0) * 16;
  }

  /** O(1), later O(log bins). */
  add(value: number): void {
    if (this.#values === null) {
      this.#bins?.add(value);
      return;
    }
    this.#sorted = null;
    this.#values.push(value + 0);
    if (this.#values.length > EXACT_VALUES) this.#intoBins();
  }

  merge(other: Quantiles): void {
    if (other.#values !== null) {
      for (const value of other.#values) this.add(value);
      return;
    }
    const bins = this.#bins ?? this.#intoBins();
    if (other.#bins !== null) bins.merge(other.#bins);
  }

  /** The value with `rank` values before it, in rising order; after EXACT_VALUES, about it. */
  valueAt(rank: number): number {
    if (this.#values === null) return this.#bins?.valueAt(rank) ?? NaN;
    this.#sorted ??= Float64Array.from(this.#values).sort();
    return this.#sorted[rank] ?? NaN;
  }

  clone(): Quantiles {
    const bins = this.#bins === null ? null : new RelativeBins(this.#bins.toNumbers());
    return new Quantiles(this.#values?.slice() ?? null, bins);
  }

  encode(): Uint8Array {
    const numbers =
      this.#values === null
        ? [BINNED, ...(this.#bins?.toNumbers() ?? [])]
        : [EXACT, ...this.#values];
    return new Uint8Array(Float64Array.from(numbers).buffer);
  }

  #intoBins(): RelativeBins {
    const bins = new RelativeBins();
    for (const value of this.#values ?? []) bins.add(value);
    this.#values = null;
    this.#sorted = null;
    this.#bins = bins;
    return bins;
  }
}

/** What a row of a column of `quantileKind` holds. */
export function quantilesOf(collection: Collection | null): Quantiles {
  invariant(collection instanceof Quantiles, 'a collection of another kind');
  return collection;
}

/** Collections of numbers as state. */
export const quantileKind: CollectionKind<Quantiles> = {
  groupBytes: 96 + EXACT_VALUES * 8,
  open: () => new Quantiles(),
  decode(bytes) {
    const [form, ...numbers] = new Float64Array(bytes.slice().buffer);
    return form === EXACT ? new Quantiles(numbers) : new Quantiles(null, new RelativeBins(numbers));
  },
};
