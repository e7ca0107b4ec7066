/** The worker's part of a dedup: keys and columns of the records that reach it, for the main thread. */
import type { Frame, Selection } from '../engine/core/batch.ts';
import { gather, gatherValues } from '../engine/core/gather.ts';
import { type KeyCodec, openKeyCodec } from '../engine/core/key-codec.ts';
import { KeyDictionary } from '../engine/core/key.ts';
import type { DedupArgs } from '../engine/core/operation/dedup.ts';
import type { Pass } from './branch.ts';

/** Collects the tables of one dedup; one per thread and stage. */
export class DedupStage {
  readonly #stage: number;
  readonly #args: DedupArgs;
  readonly #codec: KeyCodec;
  readonly #dictionary = new KeyDictionary();

  /** `stage` is the index in plan.stages. */
  constructor(stage: number, args: DedupArgs) {
    this.#stage = stage;
    this.#args = args;
    this.#codec = openKeyCodec(args.keys);
  }

  /** Adds the rows of one slice as a table of the pass. */
  add({ vectors }: Frame, selection: Selection, pass: Pass): void {
    const { count } = selection;
    if (count === 0) return;
    const { table, reading, indexes } = pass;
    const key = new Int32Array(count);
    this.#dictionary.clear();
    this.#codec.assign(vectors, selection, this.#dictionary, key);
    pass.dedups.push({
      stage: this.#stage,
      length: count,
      entries: this.#dictionary.entriesSince(0),
      key,
      offsets: gatherValues(table.offset, selection),
      eventTimes: gatherValues(reading.eventTime, selection),
      timestamps: gatherValues(table.timestamp, selection),
      before: gatherValues(reading.before, selection),
      ...(indexes === null ? {} : { indexes: gatherValues(indexes, selection) }),
      vectors: gather(vectors, this.#args.carries, selection),
    });
  }
}
