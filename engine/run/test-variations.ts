/** The ways in which a test is repeated: none of them may change a row. */
import type { UnderSpec } from '../spec/test-spec.ts';

/** One way to run a test. */
export interface Variation {
  /** Into how many partitions rows are split; null: they lie where they are given. */
  readonly partitions: number | null;
  readonly workers: number;
  /** Rows that are read at a time. */
  readonly batch: number;
  /** What the order of rows is drawn from; null: they come as they are given. */
  readonly seed: number | null;
  /** True: the process is killed after each batch. */
  readonly crash: boolean;
}

/** As the test is written: one worker, everything read at once. */
export const plainly: Variation = {
  ...{ partitions: null, workers: 1, batch: Infinity, seed: null, crash: false },
};

/** Orders that `shuffle` tries. */
const SEEDS = [1, 2, 3];

/**
 * All combinations of partitions, workers, batches and orders, then those of partitions and batches
 * with crashes. None that is the same as another, or as the test as it is written.
 */
export function variationsOf(under: UnderSpec): Variation[] {
  const { partitions, batch, workers, shuffle, crash } = under;
  const all: Variation[] = [];
  const spread = partitions.length === 0 ? [null] : partitions;
  const batches = batch.length === 0 ? [Infinity] : batch;
  for (const into of spread) {
    for (const size of batches) {
      const read = { ...plainly, partitions: into, batch: size };
      for (const count of workers.length === 0 ? [1] : workers) {
        for (const seed of shuffle ? [null, ...SEEDS] : [null]) {
          all.push({ ...read, workers: count, seed });
        }
      }
      if (crash !== null) all.push({ ...read, batch: size === Infinity ? 1 : size, crash: true });
    }
  }
  const texts = all.map(variationText);
  return all.filter((_, i) => texts[i] !== '' && texts.indexOf(texts[i] ?? '') === i);
}

/** A variation in the words of `under`; empty for the test as it is written. */
export const variationText = ({ partitions, workers, batch, seed, crash }: Variation): string =>
  [
    ...(partitions === null ? [] : [`partitions: ${partitions}`]),
    ...(workers === 1 ? [] : [`workers: ${workers}`]),
    ...(batch === Infinity ? [] : [`batch: ${batch}`]),
    ...(seed === null ? [] : [`shuffle: true (order ${seed})`]),
    ...(crash ? ['crash: each_step'] : []),
  ].join(', ');
