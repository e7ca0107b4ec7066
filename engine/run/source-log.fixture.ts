/** Logs in memory that are read once more. */
import { type Log, frameOf } from '../graph/scenario.fixture.ts';

/** The log of a source, by partition: a port that reads it, and the ranges to be read, from offset `first` on. */
export const sourceLogOf = (logs: readonly Log[], first = 0) => ({
  port: {
    reread: (partition: number, from: number, next: number) =>
      Promise.resolve(
        frameOf([{ partition, first: from, events: (logs[partition] ?? []).slice(from, next) }]),
      ),
  },
  ranges: new Map(logs.map(({ length }, partition) => [partition, { first, next: length }])),
});
