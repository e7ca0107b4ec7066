/** The log of one topic, as it lies on the broker's disk. */
import { encodeBatch } from '../../engine/io/embedded/log-batch.ts';
import type { StreamRecord } from '../oracles/stream.ts';
import type { Framing } from './pipelines.ts';

/** Records that were written together, or offsets that are empty. */
interface Batch {
  readonly first: number;
  readonly next: number;
  readonly bytes: Uint8Array;
}

/** The partitions of one topic. */
export class Topic {
  /** The source that reads it. */
  readonly name: string;
  readonly framing: Framing;
  readonly logs: StreamRecord[][];
  /** Offset at which reading of a partition begins; what is before it is never read (R3). */
  readonly starts: number[];
  /** Next offsets in the newest snapshot. */
  positions: ReadonlyMap<number, number> = new Map();
  readonly #batches: Batch[][];

  constructor(name: string, partitions: number, framing: Framing) {
    this.name = name;
    this.framing = framing;
    this.logs = Array.from({ length: partitions }, () => []);
    this.starts = this.logs.map(() => 0);
    this.#batches = this.logs.map(() => []);
  }

  /** The topic gets another partition. */
  addPartition(): void {
    this.logs.push([]);
    this.starts.push(0);
    this.#batches.push([]);
  }

  /** Appends a batch to the log of a partition. */
  append(partition: number, records: readonly StreamRecord[]): void {
    const log = this.logs[partition] as StreamRecord[];
    // A batch of Kafka has no gaps: they lie between batches.
    const isGap = (record: StreamRecord | undefined): boolean => record?.kind === 'gap';
    for (let from = 0, to = 1; from < records.length; to++) {
      const first = log.length;
      const isOne = this.framing === 'kafka-v2' && isGap(records[to]) === isGap(records[from]);
      if (to < records.length && isOne) continue;
      const together = records.slice(from, to);
      log.push(...together);
      const bytes = encode(together, first, this.framing);
      this.#batches[partition]?.push({ first, next: log.length, bytes });
      from = to;
    }
  }

  /** End offset of a partition. */
  lengthOf(partition: number): number {
    const log = this.logs[partition] ?? [];
    // Nothing tells a reader of empty offsets that no record follows.
    return log.findLastIndex(({ kind }) => kind !== 'gap') + 1;
  }

  /** The ends of all batches behind an offset. */
  endsAfter(partition: number, offset: number): number[] {
    const behind = this.#batches[partition]?.filter(({ next }) => next > offset) ?? [];
    return behind.map(({ next }) => next);
  }

  /** The batches with records from an offset on; the first may begin before it. */
  batchesFrom(partition: number, offset: number): readonly Uint8Array[] {
    const behind = this.#batches[partition]?.filter((each) => each.next > offset) ?? [];
    return behind.flatMap(({ bytes }) => (bytes.length > 0 ? [bytes] : []));
  }

  /** What is wrong with positions that are committed: never more than the newest snapshot has (R4). */
  commitFaults(positions: ReadonlyMap<number, number>): string[] {
    return Array.from(positions).flatMap(([partition, next]) => {
      const most = this.positions.get(partition) ?? this.starts[partition] ?? 0;
      return next > most ? [`committed ${next} of partition ${partition}, durable ${most}`] : [];
    });
  }

  /** All batches with records in [first, next), whole. */
  bytesOf(partition: number, first: number, next: number): readonly Uint8Array[] {
    const inside = this.#batches[partition]?.filter(
      (each) => each.first < next && each.next > first,
    );
    return inside?.map(({ bytes }) => bytes) ?? [];
  }

  /** Event times that move the watermark (T2) among the records read in [.., next), ms. */
  timesBefore(partition: number, next: number): number[] {
    return timesOf(this.logs[partition]?.slice(this.starts[partition], next));
  }
}

/** Event times that move the watermark (T2), ms. */
export const timesOf = (records: readonly StreamRecord[] = []): number[] =>
  records.flatMap(({ kind, t }) => (kind === 'good' ? [t * 1000] : []));

const encoder = new TextEncoder();

/** Far behind the event time: what is ahead of it by more than max_future. */
const FUTURE_MS = 400_000;

function encode(records: readonly StreamRecord[], first: number, framing: Framing): Uint8Array {
  if (framing === 'lines') return encoder.encode(`${records.map(textOf).join('\n')}\n`);
  if (records[0]?.kind === 'gap') return new Uint8Array(0);
  const batch = records.map((record) => ({
    timestamp: record.t * 1000 - (record.kind === 'future' ? FUTURE_MS : 0),
    key: null,
    value: record.kind === 'tombstone' ? null : encoder.encode(textOf(record)),
    headers: [],
  }));
  return encodeBatch(batch, first);
}

const textOf = ({ kind, k, t, x }: StreamRecord): string =>
  kind === 'bad' ? '{"k": "a", "t": ' : JSON.stringify({ k, t, x });
