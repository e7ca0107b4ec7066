/** Group keys in one thread: bytes → small ids (W9). */
import type { Selection, Vector } from '../engine/core/batch.ts';
import { type KeyCodec, openKeyCodec } from '../engine/core/key-codec.ts';
import { type KeyEntries, KeyDictionary } from '../engine/core/key.ts';
import type { PlanColumn } from '../engine/plan/planner.ts';
import type { DictionaryDelta, DictionaryMark } from './protocol.ts';

/** Keys kept before the dictionary starts over: bounds the memory of a thread. */
const MOST_KEYS = 1 << 18;

/** The dictionary of one thread, of one window stage or of several that look keys up together. */
export class ThreadKeys {
  readonly #codec: KeyCodec;
  readonly #dictionary = new KeyDictionary();
  #generation = 0;
  #ids = new Int32Array(0);

  constructor(keys: readonly PlanColumn[]) {
    this.#codec = openKeyCodec(keys);
  }

  /** Ids are of this generation. */
  get generation(): number {
    return this.#generation;
  }

  get isFull(): boolean {
    return this.#dictionary.size > MOST_KEYS;
  }

  /** Ids by position in the selection; valid until the next call. O(bytes of the keys). */
  idsOf(vectors: readonly (Vector | undefined)[], selection: Selection): Int32Array {
    if (this.#ids.length < selection.count) this.#ids = new Int32Array(selection.count * 2);
    this.#codec.assign(vectors, selection, this.#dictionary, this.#ids);
    return this.#ids;
  }

  /** The keys from id `known` on. */
  entriesSince(known: number): KeyEntries {
    return this.#dictionary.entriesSince(known);
  }

  /** Forgets all keys; the next ids are of another generation. */
  startOver(): void {
    this.#dictionary.clear();
    this.#generation++;
  }
}

/** What the main thread is known to have of a thread's keys, for one window stage. */
export class StageKeys {
  readonly #keys: ThreadKeys;
  #generation = 0;
  /** Of that generation. */
  #known = 0;

  constructor(keys: ThreadKeys) {
    this.#keys = keys;
  }

  /** Starts a task: forgets everything when there is too much or told to, notes what is acknowledged. */
  begin(mark: DictionaryMark | undefined): void {
    const keys = this.#keys;
    const isTold = mark?.forget === true && mark.generation === keys.generation;
    if (isTold || keys.isFull) keys.startOver();
    this.#follow();
    if (mark?.generation === this.#generation) this.#known = Math.max(this.#known, mark.known);
  }

  /** The entries that the main thread is not known to have. */
  delta(): DictionaryDelta {
    this.#follow();
    const { ends, bytes } = this.#keys.entriesSince(this.#known);
    return { generation: this.#generation, base: this.#known, ends, bytes };
  }

  /** Another stage may have had the keys start over: then nothing of them is known. */
  #follow(): void {
    if (this.#generation === this.#keys.generation) return;
    this.#generation = this.#keys.generation;
    this.#known = 0;
  }
}
