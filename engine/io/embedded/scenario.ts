/** What a simulation says, apart from how it is read. Pure: the same index gives the same text. */
export interface Scenario {
  /** Names the stream: everything the records depend on. Part of the source's identity (R3). */
  readonly identity: string;
  readonly partitions: number;
  /** The simulation is a sequence of rounds, in each of which a partition gets as many records. */
  readonly rounds: number;
  /** Event time between two rounds, ms. */
  readonly roundMs: number;
  /** Records of a partition in one round, at least 1. */
  recordsPerRound(partition: number): number;
  /** Bytes of the longest record, its line end not counted. */
  readonly maxRecordBytes: number;
  /** Record `index` of a partition: JSON in ASCII without line breaks. O(1). */
  record(partition: number, index: number): string;
}

/** Thirty-two well-mixed bits of three integers; the finalizer of MurmurHash3 (Austin Appleby). */
function mix(seed: number, a: number, b: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (const value of [a, b]) {
    hash ^= Math.imul(value | 0, 0xcc9e2d51);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

/** A number in [0, 1) that depends on nothing but its arguments. */
export const dice = (seed: number, a: number, b: number): number => mix(seed, a, b) / 2 ** 32;

/**
 * Smooth noise in [-1, 1] along `at`: random values at the integers, joined by smoothstep.
 * `lane` tells independent noises apart.
 */
export function noise(seed: number, lane: number, at: number): number {
  const left = Math.floor(at);
  const t = at - left;
  const from = dice(seed, lane, left);
  const to = dice(seed, lane, left + 1);
  return 2 * (from + (to - from) * t * t * (3 - 2 * t)) - 1;
}
