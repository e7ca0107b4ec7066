/** Group keys of one window stage in one thread: bytes → small ids (W9). */
import type { Selection, Vector } from '../engine/core/batch.ts';
import { type KeyCodec, openKeyCodec } from '../engine/core/key-codec.ts';
import { KeyDictionary } from '../engine/core/key.ts';
import type { PlanColumn } from '../engine/plan/planner.ts';
import type { DictionaryDelta, DictionaryMark } from './protocol.ts';

/** Keys kept before the dictionary starts over: bounds the memory of a thread. */
const MOST_KEYS = 1 << 18;

/** The dictionary of one thread and stage, with what the main thread is known to have of it. */
export class StageKeys {
  readonly #codec: KeyCodec;
  readonly #dictionary = new KeyDictionary();
  #generation = 0;
  #known = 0;
  #ids = new Int32Array(0);

  constructor(keys: readonly PlanColumn[]) {
    this.#codec = openKeyCodec(keys);
  }

  /** Starts a task: forgets everything when there is too much or told to, notes what is acknowledged. */
  begin(mark: DictionaryMark | undefined): void {
    const isTold = mark?.forget === true && mark.generation === this.#generation;
    if (isTold || this.#dictionary.size > MOST_KEYS) {
      this.#dictionary.clear();
      this.#generation++;
      this.#known = 0;
    }
    if (mark?.generation === this.#generation) this.#known = Math.max(this.#known, mark.known);
  }

  /** Ids by position in the selection; valid until the next call. O(bytes of the keys). */
  idsOf(vectors: readonly (Vector | undefined)[], selection: Selection): Int32Array {
    if (this.#ids.length < selection.count) this.#ids = new Int32Array(selection.count * 2);
    this.#codec.assign(vectors, selection, this.#dictionary, this.#ids);
    return this.#ids;
  }

  /** The entries that the main thread is not known to have. */
  delta(): DictionaryDelta {
    const { ends, bytes } = this.#dictionary.entriesSince(this.#known);
    return { generation: this.#generation, base: this.#known, ends, bytes };
  }
}
