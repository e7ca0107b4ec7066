/** What flows after the workers' replies have been put back in order. */
import type { SliceReply, WantedLetter } from '../../workers/protocol.ts';

/** A slice's reply with what the main thread knew of its partition before it. */
export interface MergedSlice {
  readonly reply: SliceReply;
  /** Watermark of the slice's partition before the slice, epoch ms or −Infinity (W2). */
  readonly watermarkBefore: number;
  /** Greatest event time of the partition before the slice, epoch ms or −Infinity. */
  readonly maxBefore: number;
  /** Letters of records that turned out to be of no use on this thread. */
  readonly wanted?: readonly WantedLetter[];
}

/** Slices merged together, or time going on without any; then the source's watermark. */
export interface Merged {
  readonly slices: readonly MergedSlice[];
  /** The part that owes nothing to idleness, epoch ms; Infinity at the end of the source (T7). */
  readonly watermark: number;
  /** The watermark with idle partitions left out (T4, T5), when it is ahead of `watermark`. */
  readonly forced: number | null;
  /** Windows that begin before it are incomplete (R3), epoch ms or −Infinity. */
  readonly startsAt: number;
}
