/** One partition of a topic log: where to begin in it, and reading on as it grows. */
import type { FileHandle } from 'node:fs/promises';
import { EngineError } from '../../errors.ts';
import type { Frame, ResumePoint, SourceEvent } from '../../graph/ports.ts';
import { LOG_START, readRange, walkBatches, type LogPosition } from './topic-log.ts';

/** Bytes of a frame, unless a single batch is larger. */
export const FRAME_BYTES = 1024 * 1024;

/** Reads one partition as it grows. */
export class Follower {
  readonly partition: number;
  readonly #file: FileHandle;
  #position: LogPosition;
  #expected: number;
  #end: LogPosition;
  #toldEnd = -1;
  /** When it was looked at last; NaN after a pause, which is not polled time (T5). */
  #polledAt = NaN;

  constructor(partition: number, file: FileHandle, { position, expected }: Start) {
    this.partition = partition;
    this.#file = file;
    this.#position = position;
    this.#expected = expected;
    this.#end = position;
  }

  /** It is not looked at for a while. */
  rest(): void {
    this.#polledAt = NaN;
  }

  /** The next frame, or that there is none; before it a new end. */
  async look(nowMs: number): Promise<SourceEvent[]> {
    const { partition } = this;
    const events: SourceEvent[] = [];
    this.#end = await endOf(this.#file, this.#end);
    if (this.#end.offset !== this.#toldEnd) {
      this.#toldEnd = this.#end.offset;
      events.push({ kind: 'ends', ends: new Map([[partition, this.#toldEnd]]) });
    }
    if (this.#end.byte === this.#position.byte) {
      const polledMs = Number.isNaN(this.#polledAt) ? 0 : nowMs - this.#polledAt;
      events.push({ kind: 'empty', partition, end: this.#end.offset, polledMs });
    } else {
      const next = await chunkEnd(this.#file, this.#position);
      const bytes = await readRange(this.#file, this.#position.byte, next.byte);
      const frame = frameOf(partition, bytes, this.#expected, next.offset);
      events.push({ kind: 'frame', frame });
      this.#position = next;
      this.#expected = next.offset;
    }
    this.#polledAt = nowMs;
    return events;
  }
}

/** Where reading begins: a batch, and the first offset wanted of it. */
export interface Start {
  readonly position: LogPosition;
  readonly expected: number;
}

/** The end of the log behind `from`. */
export async function endOf(file: FileHandle, from: LogPosition): Promise<LogPosition> {
  let end = from;
  for await (const batch of walkBatches(file, from)) {
    end = { byte: batch.end, offset: batch.header.lastOffset + 1 };
  }
  return end;
}

/** The end of as many whole batches as fit in a frame, at least one. */
async function chunkEnd(file: FileHandle, from: LogPosition): Promise<LogPosition> {
  let end = from;
  for await (const batch of walkBatches(file, from)) {
    if (end.byte > from.byte && batch.end - from.byte > FRAME_BYTES) break;
    end = { byte: batch.end, offset: batch.header.lastOffset + 1 };
  }
  return end;
}

/** Where a partition begins without a snapshot: a number is epoch ms of the first record wanted. */
export async function startOf(
  file: FileHandle,
  start: 'earliest' | 'latest' | number,
): Promise<Start> {
  if (start === 'earliest') return { position: LOG_START, expected: 0 };
  if (start === 'latest') {
    const position = await endOf(file, LOG_START);
    return { position, expected: position.offset };
  }
  for await (const { byte, end, offset } of walkBatches(file, LOG_START)) {
    const batch = await readRange(file, byte, end);
    if (Number(batch.readBigInt64BE(35)) >= start) {
      return { position: { byte, offset }, expected: offset };
    }
  }
  return startOf(file, 'latest');
}

/** R4: the log must still hold what comes next, behind the batch that was merged last. */
export async function resumed(file: FileHandle, point: ResumePoint): Promise<Start> {
  let position = LOG_START;
  for await (const { byte, end, header } of walkBatches(file, LOG_START)) {
    if (header.baseOffset === point.lastBatch?.baseOffset && header.crc !== point.lastBatch.crc) {
      throw gap(`offset ${header.baseOffset} is not the record that was read before`);
    }
    if (header.lastOffset >= point.nextOffset) {
      return { position: { byte, offset: header.baseOffset }, expected: point.nextOffset };
    }
    position = { byte: end, offset: header.lastOffset + 1 };
  }
  if (position.offset < point.nextOffset) {
    throw gap(`it ends at offset ${position.offset}, but ${point.nextOffset} comes next`);
  }
  return { position, expected: point.nextOffset };
}

/** The log is not what was read before. */
export const gap = (what: string): EngineError =>
  new EngineError('ENG_SOURCE_GAP', `the topic log is another one than before: ${what}`);

/** A frame of one slice; takes the buffer. */
export function frameOf(partition: number, bytes: Buffer, first: number, next: number): Frame {
  const { length } = bytes;
  const slice = { partition, start: 0, length, firstOffset: first, nextOffset: next };
  return { buffer: bytes.buffer as ArrayBuffer, slices: [slice] };
}
