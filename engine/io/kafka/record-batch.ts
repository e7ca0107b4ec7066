/**
 * Runs of Kafka record batches (format 2) seen from outside: which offsets they hold, and where to
 * cut them. Records stay undecoded. Layout: Kafka protocol guide, "Record Batch".
 */
import { EngineError } from '../../errors.ts';
import type { AbortedTransaction } from './seams.ts';

/** Bytes of a batch's header, base offset and length included. */
export const HEADER_BYTES = 61;
const LENGTH_AT = 8;
const PREFIX_BYTES = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const PRODUCER_AT = 43;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** A control record: length, attributes, timestamp delta, offset delta, key length; then version i16, type i16. */
const ABORT_MARKER = 0;

/** A run of one partition's bytes; `start` counts from the beginning of the bytes given. */
export interface Cut {
  readonly start: number;
  readonly length: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
}

/** Runs cut out of fetched bytes, where they end, and the last whole batch among the bytes. */
export interface BatchCuts {
  readonly cuts: readonly Cut[];
  readonly nextOffset: number;
  readonly lastBatch: BatchHeader | null;
}

/** What a batch header says. `end` is where the next batch begins. */
export interface BatchHeader {
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly crc: number;
}

/**
 * The header of the batch at `at`; null when the bytes end before the batch does (a fetch may cut
 * its last batch off). Throws EngineError ENG_KAFKA_FORMAT for formats before 2.
 */
export function readHeader(bytes: Buffer, at: number): BatchHeader | null {
  if (at + HEADER_BYTES > bytes.length) {
    if (at + MAGIC_AT < bytes.length) checkMagic(bytes, at);
    return null;
  }
  checkMagic(bytes, at);
  const end = at + PREFIX_BYTES + bytes.readInt32BE(at + LENGTH_AT);
  if (end > bytes.length) return null;
  const baseOffset = offsetAt(bytes, at);
  return {
    end,
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + LAST_DELTA_AT),
    crc: bytes.readUInt32BE(at + CRC_AT),
  };
}

const offsetAt = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);

function checkMagic(bytes: Buffer, at: number): void {
  const magic = bytes.readInt8(at + MAGIC_AT);
  if (magic === 2) return;
  throw new EngineError(
    'ENG_KAFKA_FORMAT',
    `the topic holds records in message format ${magic}; format 2 is needed (Kafka 0.11 or newer, log.message.format.version)`,
  );
}

/** Decides batch by batch whether it belongs to an aborted transaction (as the Java consumer does). */
class AbortFilter {
  readonly #pending: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted];
  }

  isAborted(bytes: Buffer, at: number, lastOffset: number): boolean {
    if (this.#pending.length === 0 && this.#open.size === 0) return false;
    for (let next = this.#pending[0]; next !== undefined && next.firstOffset <= lastOffset;) {
      this.#open.add(next.producerId);
      this.#pending.shift();
      next = this.#pending[0];
    }
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
    const producerId = bytes.readBigInt64BE(at + PRODUCER_AT);
    if ((attributes & CONTROL) !== 0) {
      if (markerType(bytes, at) === ABORT_MARKER) this.#open.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL) !== 0 && this.#open.has(producerId);
  }
}

function markerType(bytes: Buffer, at: number): number {
  let position = at + HEADER_BYTES;
  const skipVarint = (): void => {
    while (((bytes[position++] ?? 0) & 0x80) !== 0);
  };
  skipVarint();
  position += 1;
  for (let i = 0; i < 3; i++) skipVarint();
  return bytes.readInt16BE(position + 2);
}

/**
 * Cuts fetched bytes into runs of whole batches from offset `expected` on. Runs tile the offsets
 * from `expected` to `nextOffset` without gap or overlap: what compaction or an aborted transaction
 * left out belongs to a neighbour; when nothing but that was fetched, the run is empty bytes.
 * A run's first batch may begin below its `firstOffset`. O(batches).
 */
export function cutBatches(
  bytes: Buffer,
  expected: number,
  aborted: readonly AbortedTransaction[],
): BatchCuts {
  const filter = new AbortFilter(aborted);
  let lastBatch: BatchHeader | null = null;
  const cuts: Cut[] = [];
  let covered = expected; // offsets below are in `cuts`
  let position = expected; // offsets below are in `cuts` or in the open run
  let start = -1;
  let at = 0;
  const close = (): void => {
    if (start < 0) return;
    cuts.push({ start, length: at - start, firstOffset: covered, nextOffset: position });
    covered = position;
    start = -1;
  };
  for (let header = readHeader(bytes, 0); header !== null; header = readHeader(bytes, at)) {
    const isOut = filter.isAborted(bytes, at, header.lastOffset);
    if (isOut || header.lastOffset < position) close();
    else if (start < 0) start = at;
    position = Math.max(position, header.lastOffset + 1);
    at = header.end;
    lastBatch = header;
  }
  close();
  if (position > covered) {
    const last = cuts.pop();
    cuts.push(
      last === undefined
        ? { start: 0, length: 0, firstOffset: expected, nextOffset: position }
        : { ...last, nextOffset: position },
    );
  }
  return { cuts, nextOffset: position, lastBatch };
}
