/** Record batches and logs of them for tests: headers are real, records are filler. */
import fc from 'fast-check';
import { HEADER_BYTES } from './record-batch.ts';
import type { AbortedTransaction } from './seams.ts';

interface BatchShape {
  readonly baseOffset: number;
  readonly count: number;
  readonly payload?: Buffer;
  readonly crc?: number;
  readonly producerId?: bigint;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

/** The bytes of a batch. */
export function makeBatch(shape: BatchShape): Buffer {
  const { baseOffset, count, crc = 0, producerId = -1n, transactional, control } = shape;
  const payload = shape.payload ?? Buffer.alloc(count * 3, 7);
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt8(2, 16);
  bytes.writeUInt32BE(crc, 17);
  bytes.writeInt16BE((transactional === true ? 0x10 : 0) | (control === true ? 0x20 : 0), 21);
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeBigInt64BE(producerId, 43);
  bytes.writeInt32BE(count, 57);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** A control record: length, attributes, two deltas, key of 4 bytes (version, type), no value. */
const marker = (type: 0 | 1): Buffer => Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, type, 1, 0]);

/** A batch of a model log. */
export interface ModelBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly aborted: boolean;
  readonly start: number;
  readonly end: number;
}

/** A partition's log. */
export interface ModelLog {
  readonly bytes: Buffer;
  readonly batches: readonly ModelBatch[];
  readonly transactions: readonly (AbortedTransaction & { readonly lastOffset: number })[];
  readonly nextOffset: number;
}

interface Step {
  readonly kind: 'plain' | 'gap' | 'write' | 'commit' | 'abort';
  readonly producer: number;
  readonly count: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('plain', 'gap', 'write', 'write', 'commit', 'abort'),
  producer: fc.nat(2),
  count: fc.integer({ min: 1, max: 6 }),
});

/** Batches of three transactional producers and plain ones, interleaved, with gaps of compaction. */
export const logArbitrary: fc.Arbitrary<ModelLog> = fc
  .array(step, { maxLength: 25 })
  .map((steps) => buildLog(steps));

interface Draft extends Omit<ModelBatch, 'aborted'> {
  aborted: boolean;
}

function buildLog(steps: readonly Step[]): ModelLog {
  const parts: Buffer[] = [];
  const batches: Draft[] = [];
  const transactions: ModelLog['transactions'][number][] = [];
  const open = new Map<number, Draft[]>();
  let offset = 0;
  let at = 0;
  const append = (shape: Omit<BatchShape, 'baseOffset'>): Draft => {
    const bytes = makeBatch({ ...shape, baseOffset: offset });
    const lastOffset = offset + shape.count - 1;
    const end = at + bytes.length;
    const batch = { baseOffset: offset, lastOffset, aborted: false, start: at, end };
    parts.push(bytes);
    batches.push(batch);
    offset += shape.count;
    at = end;
    return batch;
  };
  for (const { kind, producer, count } of steps) {
    const producerId = BigInt(producer);
    if (kind === 'plain') append({ count });
    else if (kind === 'gap') offset += count;
    else if (kind === 'write') {
      const batch = append({ count, producerId, transactional: true });
      open.set(producer, [...(open.get(producer) ?? []), batch]);
    } else {
      const mine = open.get(producer);
      open.delete(producer);
      const type = kind === 'abort' ? 0 : 1;
      const shape = { count: 1, producerId, transactional: true, control: true };
      const end = append({ ...shape, payload: marker(type) });
      if (kind === 'commit' || mine?.[0] === undefined) continue;
      for (const batch of mine) batch.aborted = true;
      const firstOffset = mine[0].baseOffset;
      transactions.push({ producerId, firstOffset, lastOffset: end.lastOffset });
    }
  }
  return { bytes: Buffer.concat(parts), batches, transactions, nextOffset: offset };
}

/** What a broker answers: bytes from the batch that holds `from`, cut off after `size` bytes. */
export function fetchOf(
  log: ModelLog,
  from: number,
  size: number,
): {
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
  readonly batches: readonly ModelBatch[];
} {
  const first = log.batches.findIndex(({ lastOffset }) => lastOffset >= from);
  if (first < 0) return { bytes: Buffer.alloc(0), aborted: [], batches: [] };
  const start = log.batches[first]?.start ?? 0;
  const bytes = log.bytes.subarray(start, start + size);
  const batches = log.batches.slice(first).filter(({ end }) => end <= start + size);
  const last = batches.at(-1)?.lastOffset ?? from;
  const aborted = log.transactions
    .filter((each) => each.lastOffset >= from && each.firstOffset <= last)
    .sort((a, b) => a.firstOffset - b.firstOffset);
  return { bytes, aborted, batches };
}
