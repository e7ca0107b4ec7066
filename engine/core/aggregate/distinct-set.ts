/**
 * The distinct values of a group as they are, up to a cap. Above it only that is known: which values
 * came first would depend on the order, that there are more than the cap does not (O1).
 */
import { invariant } from '../../errors.ts';
import { textOf } from '../batch.ts';
import { joined } from '../packed.ts';
import { encodeUtf8 } from '../utf8.ts';
import type { Collection, CollectionKind } from './collection.ts';

/** What the bytes of a set begin with. */
const SATURATED = 0;
const NUMBERS = 1;
const TEXTS = 2;

/** A set of numbers, or of texts. −0 is as 0, NaN equals itself. */
export class DistinctSet implements Collection {
  readonly cap: number;
  /** Null once there were more than `cap`. */
  #values: Set<number | string> | null;
  #textBytes = 0;

  constructor(cap: number, values: Iterable<number | string> | null = []) {
    this.cap = cap;
    this.#values = values === null ? null : new Set();
    for (const value of values ?? []) this.add(value);
  }

  /** How many values there are; `cap` when saturated. */
  get size(): number {
    return this.#values?.size ?? this.cap;
  }

  /** Whether there were more values than `cap`. */
  get isSaturated(): boolean {
    return this.#values === null;
  }

  get sizeBytes(): number {
    return 96 + (this.#values?.size ?? 0) * 40 + this.#textBytes;
  }

  add(value: number | string): void {
    if (this.#values === null) return;
    const { size } = this.#values;
    this.#values.add(value);
    if (this.#values.size === size) return;
    if (typeof value === 'string') this.#textBytes += 16 + value.length;
    if (this.#values.size > this.cap) this.#saturate();
  }

  merge(other: DistinctSet): void {
    if (other.#values === null) this.#saturate();
    else for (const value of other.#values) this.add(value);
  }

  clone(): DistinctSet {
    return new DistinctSet(this.cap, this.#values);
  }

  /** A form, then doubles, or texts each behind its length in 32 bits. */
  encode(): Uint8Array {
    if (this.#values === null) return Uint8Array.of(SATURATED);
    const values = [...this.#values];
    const texts = values.filter((value) => typeof value === 'string').map(encodeUtf8);
    if (texts.length > 0) return joined([Uint8Array.of(TEXTS), ...texts.flatMap(measured)]);
    const numbers = Float64Array.from(values as number[]);
    return joined([Uint8Array.of(NUMBERS), new Uint8Array(numbers.buffer)]);
  }

  #saturate(): void {
    this.#values = null;
    this.#textBytes = 0;
  }
}

const measured = (bytes: Uint8Array): Uint8Array[] => [
  new Uint8Array(Int32Array.of(bytes.length).buffer),
  bytes,
];

function textsIn(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getInt32(at, true);
    texts.push(textOf(bytes, at + 4, end));
    at = end;
  }
  return texts;
}

/** What a row of a column of `distinctSetKind` holds. */
export function distinctSetOf(collection: Collection | null): DistinctSet {
  invariant(collection instanceof DistinctSet, 'a collection of another kind');
  return collection;
}

/** Sets of at most `cap` values as state. */
export const distinctSetKind = (cap: number): CollectionKind<DistinctSet> => ({
  groupBytes: 96 + cap * 56,
  open: () => new DistinctSet(cap),
  decode(bytes) {
    const [form] = bytes;
    if (form === SATURATED) return new DistinctSet(cap, null);
    const values = bytes.slice(1);
    return new DistinctSet(cap, form === TEXTS ? textsIn(values) : new Float64Array(values.buffer));
  },
});
