/** What flows after the workers' replies have been put back in order. */
import type { SourceTimes } from '../core/time/watermark.ts';
import type { PartialTable, SliceReply, WantedLetter } from '../../workers/protocol.ts';

/** A slice's reply with what the main thread knew of its partition before it. */
export interface MergedSlice {
  readonly reply: SliceReply;
  /** Watermark of the slice's partition before the slice, epoch ms or −Infinity (W2). */
  readonly watermarkBefore: number;
  /** Greatest event time of the partition before the slice, epoch ms or −Infinity. */
  readonly maxBefore: number;
  /** Letters of records that turned out to be of no use on this thread. */
  readonly wanted?: readonly WantedLetter[];
  /** Partial tables that this thread has made: what is late in them is `wanted` already. */
  readonly own?: ReadonlySet<PartialTable>;
}

/** Slices of one source merged together, or time going on without any; then what its clock says. */
export interface Merged {
  /** Name of the source. */
  readonly source: string;
  readonly slices: readonly MergedSlice[];
  readonly times: SourceTimes;
  /** Windows that begin before it are incomplete (R3), epoch ms or −Infinity. */
  readonly startsAt: number;
}
