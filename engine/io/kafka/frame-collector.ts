import type { Frame } from '../../graph/ports.ts';
import { isWholeFrame } from './framed-socket.ts';
import type { Cut } from './record-batch.ts';

type Slice = Frame['slices'][number];

interface Part {
  readonly partition: number;
  readonly bytes: Buffer;
  readonly cuts: readonly Cut[];
}

/**
 * Collects the partitions of one response, which arrive in one tick, into one frame.
 *
 * A response that was assembled in an ArrayBuffer of its own (framed-socket.ts) is handed on as it
 * is; bytes of the stock network path, which share buffers with others, are copied once.
 */
export class FrameCollector {
  readonly #onFrame: (frame: Frame) => void;
  #parts: Part[] = [];
  readonly #given = new WeakSet<ArrayBufferLike>();

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** False for bytes whose buffer has already been handed on: they must be fetched again. */
  takes(bytes: Buffer): boolean {
    return !this.#given.has(bytes.buffer);
  }

  /** Adds a partition's runs; the frame follows in a microtask, after the others of this tick. */
  add(partition: number, bytes: Buffer, cuts: readonly Cut[]): void {
    if (this.#parts.length === 0) queueMicrotask(() => this.flush());
    this.#parts.push({ partition, bytes, cuts });
  }

  /** Hands on what is collected, now. */
  flush(): void {
    const parts = this.#parts;
    this.#parts = [];
    const byBuffer = new Map<ArrayBufferLike, Part[]>();
    const shared: Part[] = [];
    for (const part of parts) {
      const { buffer } = part.bytes;
      if (!isWholeFrame(buffer)) shared.push(part);
      else byBuffer.set(buffer, [...(byBuffer.get(buffer) ?? []), part]);
    }
    for (const [buffer, whole] of byBuffer) {
      this.#given.add(buffer);
      const slices = whole.flatMap((part) => slicesOf(part, part.bytes.byteOffset));
      this.#onFrame({ buffer: buffer as ArrayBuffer, slices });
    }
    if (shared.length > 0) this.#onFrame(copied(shared));
  }
}

const slicesOf = (part: Part, base: number): Slice[] =>
  part.cuts.map((cut) => ({ ...cut, partition: part.partition, start: base + cut.start }));

function copied(parts: readonly Part[]): Frame {
  const size = parts.reduce((sum, part) => sum + part.bytes.length, 0);
  const buffer = new ArrayBuffer(size);
  const target = new Uint8Array(buffer);
  const slices: Slice[] = [];
  let at = 0;
  for (const part of parts) {
    target.set(part.bytes, at);
    slices.push(...slicesOf(part, at));
    at += part.bytes.length;
  }
  return { buffer, slices };
}

/**
 * Splits a frame by partition: the first holds the partitions that `keep` wants, the second the
 * others; null where there is none. Copies unless one side gets all.
 */
export function splitFrame(
  frame: Frame,
  keep: (partition: number) => boolean,
): [Frame | null, Frame | null] {
  const wanted = frame.slices.filter((slice) => keep(slice.partition));
  if (wanted.length === frame.slices.length) return [frame, null];
  if (wanted.length === 0) return [null, frame];
  const others = frame.slices.filter((slice) => !keep(slice.partition));
  return [extract(frame.buffer, wanted), extract(frame.buffer, others)];
}

function extract(from: ArrayBuffer, slices: readonly Slice[]): Frame {
  return copied(
    slices.map((slice) => ({
      partition: slice.partition,
      bytes: Buffer.from(from, slice.start, slice.length),
      cuts: [{ ...slice, start: 0 }],
    })),
  );
}
