/**
 * How many distinct values there are: their hashes as long as there are few, then HyperLogLog
 * (Flajolet, Fusy, Gandouet, Meunier, 2007) with 4,096 registers, read by the estimator of Ertl ("New
 * cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6), which needs no
 * correction for few or many values. Registers are the greatest rank seen, and it changes over by the
 * number of hashes: so the state is a function of the set of values.
 */
import type { Collection, CollectionKind } from './collection.ts';
import { invariant } from '../../errors.ts';

const INDEX_BITS = 12;
const REGISTERS = 1 << INDEX_BITS;
/** A rank is one more than the zeros that lead so many bits. */
const RANK_BITS = 21;
/** Up to so many values are counted by their hashes: exactly, but for one chance in 2^37. */
export const EXACT_DISTINCT = 256;

/** Standard error of an estimate, as a share of it. */
export const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS);

/** One set of values. */
export class DistinctSketch implements Collection {
  /** Hashes of 53 bits, ascending; null once they are too many. */
  #hashes: number[] | null;
  #ranks: Uint8Array | null;

  constructor(hashes: number[] | null = [], ranks: Uint8Array | null = null) {
    this.#hashes = hashes;
    this.#ranks = ranks;
  }

  get sizeBytes(): number {
    return 96 + (this.#hashes?.length ?? 0) * 8 + (this.#ranks?.length ?? 0);
  }

  /** Adds a value by two hashes of it, 32 bits each, that have nothing to do with each other. */
  add(hash: number, other: number): void {
    this.#add((hash >>> 0) * 2 ** RANK_BITS + (other >>> (32 - RANK_BITS)));
  }

  merge(other: DistinctSketch): void {
    for (const hash of other.#hashes ?? []) this.#add(hash);
    if (other.#ranks === null) return;
    const ranks = this.#ranks ?? this.#intoRanks();
    other.#ranks.forEach((rank, index) => {
      if (rank > (ranks[index] as number)) ranks[index] = rank;
    });
  }

  /** About how many distinct values were added. O(registers). */
  estimate(): number {
    if (this.#ranks === null) return this.#hashes?.length ?? 0;
    const counts = new Float64Array(RANK_BITS + 2);
    for (const rank of this.#ranks) counts[rank] = (counts[rank] as number) + 1;
    const at = (rank: number): number => counts[rank] as number;
    let sum = REGISTERS * tau(1 - at(RANK_BITS + 1) / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank--) sum = 0.5 * (sum + at(rank));
    sum += REGISTERS * sigma(at(0) / REGISTERS);
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * sum));
  }

  clone(): DistinctSketch {
    return new DistinctSketch(this.#hashes?.slice() ?? null, this.#ranks?.slice() ?? null);
  }

  /** The ranks as they are, or the hashes, which are always fewer bytes. */
  encode(): Uint8Array {
    return this.#ranks?.slice() ?? new Uint8Array(Float64Array.from(this.#hashes ?? []).buffer);
  }

  #add(hash: number): void {
    if (this.#hashes === null) {
      if (this.#ranks !== null) raise(this.#ranks, hash);
      return;
    }
    const hashes = this.#hashes;
    let low = 0;
    let high = hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((hashes[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    if (hashes[low] === hash) return;
    hashes.splice(low, 0, hash);
    if (hashes.length > EXACT_DISTINCT) this.#intoRanks();
  }

  #intoRanks(): Uint8Array {
    const ranks = new Uint8Array(REGISTERS);
    for (const hash of this.#hashes ?? []) raise(ranks, hash);
    this.#hashes = null;
    this.#ranks = ranks;
    return ranks;
  }
}

/** The upper bits of a hash are a register, the lower ones its rank. */
function raise(ranks: Uint8Array, hash: number): void {
  const index = Math.floor(hash / 2 ** (RANK_BITS + 32 - INDEX_BITS));
  const rank = Math.clz32(hash % 2 ** RANK_BITS) - (32 - RANK_BITS) + 1;
  if (rank > (ranks[index] as number)) ranks[index] = rank;
}

/** x + Σ 2^(k−1) x^(2^k). */
function sigma(share: number): number {
  if (share === 1) return Infinity;
  let [x, weight, sum] = [share, 1, share];
  for (let before = NaN; sum !== before;) {
    before = sum;
    x *= x;
    sum += x * weight;
    weight *= 2;
  }
  return sum;
}

/** (1 − x − Σ 2^(−k) (1 − x^(2^−k))²) / 3. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, weight, sum] = [share, 1, 1 - share];
  for (let before = NaN; sum !== before;) {
    before = sum;
    x = Math.sqrt(x);
    weight /= 2;
    sum -= (1 - x) ** 2 * weight;
  }
  return sum / 3;
}

/** What a row of a column of `distinctSketchKind` holds. */
export function distinctSketchOf(collection: Collection | null): DistinctSketch {
  invariant(collection instanceof DistinctSketch, 'a collection of another kind');
  return collection;
}

/** Sketches of sets as state. */
export const distinctSketchKind: CollectionKind<DistinctSketch> = {
  groupBytes: 96 + REGISTERS,
  open: () => new DistinctSketch(),
  decode: (bytes) =>
    bytes.length === REGISTERS
      ? new DistinctSketch(null, bytes.slice())
      : new DistinctSketch(Array.from(new Float64Array(bytes.slice().buffer))),
};
