/** State of a group that has no fixed size: a sketch, a set. */

/** The state of one group. */
export interface Collection {
  /** A rough size in bytes. O(1). */
  readonly sizeBytes: number;
  clone(): Collection;
  /** Takes in the state of another group, of the same kind, which is only read. */
  merge(other: Collection): void;
  encode(): Uint8Array;
}

/** A kind of such state. */
export interface CollectionKind<State extends Collection = Collection> {
  /** What a group of very many records usually takes, for estimates. */
  readonly groupBytes: number;
  open(): State;
  /** Reads what `encode` wrote; the bytes may be unaligned and are not kept. */
  decode(bytes: Uint8Array): State;
}
