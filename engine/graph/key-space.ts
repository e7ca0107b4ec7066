/**
 * Group keys of one window stage on the main thread: global ids, and what each worker's own ids
 * mean. A worker's ids are resolved when its reply arrives, before replies wait for their turn:
 * replies of one worker arrive in the order it sent them, merges do not.
 *
 * Keys are forgotten when the dictionary has doubled: those survive that a live pane holds, that a
 * table waiting for its turn names, or that a worker may still name without sending them again. The
 * workers are told to start over at the same time, so that the next time few of those are left.
 */
import type { Selection, Vector } from '../core/batch.ts';
import { type KeyCodec, openKeyCodec } from '../core/key-codec.ts';
import { type KeyOrder, KeyDictionary } from '../core/key.ts';
import type { PlanColumn } from '../plan/planner.ts';
import { invariant } from '../errors.ts';
import type { DictionaryDelta, DictionaryMark, PartialTable } from '../../workers/protocol.ts';

interface Worker {
  readonly generation: number;
  /** Global id of each of the worker's ids. */
  ids: Int32Array<ArrayBuffer>;
  known: number;
  /** Told to start over, in a generation that has not been heard of yet. */
  isForgotten: boolean;
}

/** Below this many keys nothing is worth forgetting. */
const FEW_KEYS = 4096;

/** The keys of one window stage. */
export class KeySpace {
  readonly #stage: number;
  readonly #codec: KeyCodec;
  readonly #workers = new Map<number, Worker>();
  #dictionary = new KeyDictionary();
  /** Tables with global ids that are not merged yet. */
  readonly #waiting = new Set<PartialTable>();
  #crowdedAt = FEW_KEYS;
  #ids = new Int32Array(0);

  /** `stage` is the index in plan.stages. */
  constructor(stage: number, keys: readonly PlanColumn[]) {
    this.#stage = stage;
    this.#codec = openKeyCodec(keys);
  }

  /** Number of keys known, those no pane holds any more among them. */
  get size(): number {
    return this.#dictionary.size;
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    let size = this.#dictionary.sizeBytes;
    for (const { ids } of this.#workers.values()) size += ids.byteLength;
    return size;
  }

  /** True when so many keys have come since the last time that some should be forgotten. */
  get isCrowded(): boolean {
    return this.#dictionary.size >= this.#crowdedAt;
  }

  /** What each worker need not send again. */
  marks(): DictionaryMark[] {
    return [...this.#workers].map(([worker, { generation, known, isForgotten }]) => ({
      worker,
      stage: this.#stage,
      generation,
      known,
      forget: isForgotten,
    }));
  }

  /** Learns a worker's new entries. Throws ENG_INVARIANT when entries in between are missing. */
  learn(worker: number, delta: DictionaryDelta): void {
    const known = this.#workerOf(worker, delta);
    invariant(delta.base <= known.known, 'a worker left out entries of its key dictionary');
    let from = 0;
    for (let i = 0; i < delta.ends.length; i++) {
      const to = delta.ends[i] as number;
      const id = delta.base + i;
      if (id >= known.known) {
        if (id >= known.ids.length) known.ids = doubled(known.ids);
        known.ids[id] = this.#dictionary.idOf(delta.bytes, from, to);
        known.known = id + 1;
      }
      from = to;
    }
  }

  /** Writes global ids over the worker's ids in a table's key column; `merged` must follow. */
  resolve(worker: number, table: PartialTable): void {
    const { key, length } = table;
    const ids = this.#workers.get(worker)?.ids;
    invariant(ids !== undefined, 'a worker sent keys before its dictionary');
    for (let row = 0; row < length; row++) key[row] = ids[key[row] as number] as number;
    this.#waiting.add(table);
  }

  /**
   * Ids of the keys of some rows, by position in the selection: for tables that are made on this
   * thread. Valid until the next call; `adopt` must follow. O(bytes of the keys).
   */
  idsOf(vectors: readonly (Vector | undefined)[], selection: Selection): Int32Array {
    if (this.#ids.length < selection.count) this.#ids = new Int32Array(selection.count * 2);
    this.#codec.assign(vectors, selection, this.#dictionary, this.#ids);
    return this.#ids;
  }

  /** Takes note of a table of such ids; `merged` must follow. */
  adopt(table: PartialTable): void {
    this.#waiting.add(table);
  }

  /** The panes now hold the keys of a table. */
  merged(table: PartialTable): void {
    this.#waiting.delete(table);
  }

  /**
   * Forgets the keys that neither `live` (marks by id) nor anything here needs; ids change. Returns
   * the new id of every old one. O(keys + rows of waiting tables).
   */
  compact(live: Uint8Array): Int32Array {
    const needed = new Uint8Array(this.#dictionary.size);
    needed.set(live.subarray(0, needed.length));
    for (const { key, length } of this.#waiting) {
      for (let row = 0; row < length; row++) needed[key[row] as number] = 1;
    }
    for (const { ids, known } of this.#workers.values()) {
      for (let id = 0; id < known; id++) needed[ids[id] as number] = 1;
    }
    const { dictionary, map } = this.#dictionary.compact(needed);
    for (const { key, length } of this.#waiting) renumber(key, length, map);
    for (const worker of this.#workers.values()) {
      renumber(worker.ids, worker.known, map);
      worker.isForgotten = true;
    }
    this.#dictionary = dictionary;
    this.#crowdedAt = Math.max(FEW_KEYS, dictionary.size * 2);
    return map;
  }

  /** The order in which rows of one window come out: by the keys' bytes. */
  order(): KeyOrder {
    return this.#dictionary.order();
  }

  /** The key columns of rows with these ids. */
  vectorsOf(ids: Int32Array): Vector[] {
    return this.#codec.vectors(this.#dictionary, ids);
  }

  /** All keys as two buffers: ends (i32), bytes. */
  encode(): Uint8Array[] {
    const { ends, bytes } = this.#dictionary.entriesSince(0);
    return [new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength), bytes];
  }

  /** Takes back what `encode` gave: the same ids. Workers' entries are forgotten. */
  restore([ends, bytes]: readonly Uint8Array[]): void {
    invariant(ends !== undefined && bytes !== undefined, 'a snapshot without its keys');
    this.#workers.clear();
    this.#dictionary = new KeyDictionary();
    this.#dictionary.addAll({ ends: new Int32Array(ends.slice().buffer), bytes });
    this.#crowdedAt = Math.max(FEW_KEYS, this.#dictionary.size * 2);
  }

  #workerOf(worker: number, { generation }: DictionaryDelta): Worker {
    const known = this.#workers.get(worker);
    if (known?.generation === generation) return known;
    const fresh = { generation, ids: new Int32Array(64), known: 0, isForgotten: false };
    this.#workers.set(worker, fresh);
    return fresh;
  }
}

function renumber(ids: Int32Array, length: number, map: Int32Array): void {
  for (let i = 0; i < length; i++) ids[i] = map[ids[i] as number] as number;
}

function doubled(ids: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(ids.length * 2);
  larger.set(ids);
  return larger;
}
