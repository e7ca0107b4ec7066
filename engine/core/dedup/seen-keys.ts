/**
 * The keys that one source partition has seen lately (O2). A key is remembered with the event time
 * of the record that brought it, until the partition's watermark has reached that time + `within`:
 *
 *     event time     b0        b1        b2
 *               ├─────────┼─────────┼─────────┤ max
 *                   ▲ watermark − within        a bucket that lies before it is dropped whole
 *
 * Keys lie in buckets of event time, so that forgetting costs nothing per key. A bucket spans a third
 * of the time that anything can be remembered for: a look-up asks four or five of them, and at most a
 * third more is kept than is needed. Which entries count is decided by their own times: results do
 * not depend on the buckets.
 */
import { EngineError } from '../../errors.ts';
import { KeyDictionary } from '../key.ts';
import { columnBytes } from '../packed.ts';

/** How long keys are remembered, ms. */
export interface SeenKeysPlan {
  readonly withinMs: number;
  readonly outOfOrderMs: number;
}

/** A bucket in a snapshot: event times (f64), ends of the keys (i32), their bytes. */
export interface SeenPart {
  readonly bucket: number;
  readonly buffers: readonly [times: Uint8Array, ends: Uint8Array, bytes: Uint8Array];
}

interface Bucket {
  /** It holds event times [number · width, (number + 1) · width). */
  readonly number: number;
  readonly keys: KeyDictionary;
  /** Event time by key id. */
  times: Float64Array<ArrayBuffer>;
}

/** The keys one partition has seen. Watermarks given to it must never go back. */
export class SeenKeys {
  readonly #withinMs: number;
  readonly #widthMs: number;
  /** Newest first: most duplicates follow soon. */
  #buckets: Bucket[] = [];

  constructor({ withinMs, outOfOrderMs }: SeenKeysPlan) {
    this.#withinMs = withinMs;
    this.#widthMs = Math.max(1, Math.ceil((withinMs + outOfOrderMs) / 3));
  }

  /** How many keys are held, those among them that no longer count. O(1). */
  get size(): number {
    return this.#buckets.reduce((sum, { keys }) => sum + keys.size, 0);
  }

  /** A rough size in bytes. */
  get sizeBytes(): number {
    return this.#buckets.reduce(
      (sum, { keys, times }) => sum + keys.sizeBytes + times.byteLength,
      0,
    );
  }

  /**
   * Whether the key bytes[from, to) has not been seen, with the partition's watermark before the
   * record; the key is remembered then. A record that is late by more than `within` is forgotten at
   * once: it passes unless its key is remembered from another. O(bytes of the key), amortised.
   */
  isFirst(
    bytes: Uint8Array,
    range: { readonly from: number; readonly to: number },
    eventTime: number,
    watermark: number,
  ): boolean {
    const { from, to } = range;
    for (const { keys, times } of this.#buckets) {
      const id = keys.find(bytes, from, to);
      if (id >= 0 && (times[id] as number) + this.#withinMs > watermark) return false;
    }
    if (eventTime + this.#withinMs > watermark) {
      const bucket = this.#bucketOf(Math.floor(eventTime / this.#widthMs), watermark);
      const id = bucket.keys.idOf(bytes, from, to);
      if (id >= bucket.times.length) bucket.times = widened(bucket.times, id * 2);
      bucket.times[id] = eventTime;
    }
    return true;
  }

  /** Drops what the watermark has left behind. O(buckets). */
  expire(watermark: number): void {
    const isLive = ({ number }: Bucket): boolean =>
      (number + 1) * this.#widthMs + this.#withinMs > watermark;
    if (!this.#buckets.every(isLive)) this.#buckets = this.#buckets.filter(isLive);
  }

  /** The state, in buffers of its own. O(keys). */
  snapshot(): SeenPart[] {
    return this.#buckets.map(({ number, keys, times }) => {
      const { ends, bytes } = keys.entriesSince(0);
      return {
        bucket: number,
        buffers: [columnBytes(times.slice(0, keys.size)), columnBytes(ends), bytes],
      };
    });
  }

  /** Replaces the state by the one of a snapshot's parts. Throws ENG_STATE_CORRUPT. */
  restore(parts: readonly SeenPart[]): void {
    this.#buckets = parts.map(({ bucket, buffers: [times, ends, bytes] }) => {
      const keys = new KeyDictionary();
      keys.addAll({ ends: new Int32Array(ends.slice().buffer), bytes });
      const restored = new Float64Array(times.slice().buffer);
      if (keys.size !== restored.length) {
        throw new EngineError('ENG_STATE_CORRUPT', 'the saved keys of a dedup cannot be used');
      }
      return { number: bucket, keys, times: restored };
    });
  }

  #bucketOf(number: number, watermark: number): Bucket {
    const found = this.#buckets.find((bucket) => bucket.number === number);
    if (found !== undefined) return found;
    // Before there are more of them: a jump of event time must not make look-ups long.
    this.expire(watermark);
    const bucket = { number, keys: new KeyDictionary(), times: new Float64Array(64) };
    this.#buckets.push(bucket);
    this.#buckets.sort((a, b) => b.number - a.number);
    return bucket;
  }
}

function widened(times: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(Math.max(64, length));
  wider.set(times);
  return wider;
}
