/**
 * A socket that hands over whole Kafka responses: `int32 length, bytes`, each assembled in an
 * ArrayBuffer of its own, so that it can be transferred to a worker as it came.
 *
 * kafkajs' own path joins 64 KiB chunks with Buffer.concat for every response; this one has the
 * bytes of large responses read to where they stay, in a buffer that comes back when a worker has
 * read it (frame-buffers.ts), and those of small ones copied out of a reused buffer.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { bufferFor } from '../frame-buffers.ts';

const LENGTH_BYTES = 4;
const READ_BYTES = 512 * 1024;
const KEEP_ALIVE_MS = 60_000;
/** Beyond any response we ask for: what sends this is no Kafka broker. */
const LARGEST_FRAME_BYTES = 1 << 30;

const wholeFrames = new WeakSet<ArrayBufferLike>();

/** True for the ArrayBuffer of a response that this module assembled: it has no other owner. */
export const isWholeFrame = (buffer: ArrayBufferLike): boolean => wholeFrames.has(buffer);

/** Cuts a byte stream into frames. */
export class FrameAssembler {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #head = Buffer.alloc(LENGTH_BYTES);
  #headFilled = 0;
  #frame: Buffer | null = null;
  #filled = 0;
  /** The rest of the frame, when it was given away to be read to. */
  #rest: Buffer | null = null;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /**
   * Where the next bytes shall be read to: the rest of the frame itself, or `reused` where that is
   * the larger.
   */
  room(reused: Buffer): Buffer {
    const frame = this.#frame;
    this.#rest =
      frame === null || frame.length - this.#filled < reused.length
        ? null
        : frame.subarray(this.#filled);
    return this.#rest ?? reused;
  }

  /**
   * Takes the first `length` bytes of a buffer: of what `room` gave, or of any other, which are
   * copied then. Throws RangeError when a frame's length is negative or absurd.
   */
  push(bytes: Buffer, length: number): void {
    if (bytes === this.#rest) {
      this.#filled += length;
      if (length === bytes.length) this.#finish(this.#frame as Buffer);
      return;
    }
    let at = 0;
    while (at < length) {
      const frame = this.#frame;
      if (frame === null) {
        at = this.#readHead(bytes, at, length);
        continue;
      }
      const count = Math.min(frame.length - this.#filled, length - at);
      bytes.copy(frame, this.#filled, at, at + count);
      this.#filled += count;
      at += count;
      if (this.#filled === frame.length) this.#finish(frame);
    }
  }

  /** Reads as much of the length as there is, allocates the frame once it is known; the new position. */
  #readHead(bytes: Buffer, at: number, length: number): number {
    const count = Math.min(LENGTH_BYTES - this.#headFilled, length - at);
    bytes.copy(this.#head, this.#headFilled, at, at + count);
    this.#headFilled += count;
    if (this.#headFilled === LENGTH_BYTES) {
      const size = this.#head.readInt32BE(0);
      if (size < LENGTH_BYTES || size > LARGEST_FRAME_BYTES) {
        throw new RangeError(`a response of ${size} bytes: this is no Kafka broker`);
      }
      this.#headFilled = 0;
      const whole = size + LENGTH_BYTES;
      this.#frame = Buffer.from(bufferFor(whole), 0, whole);
      this.#head.copy(this.#frame, 0);
      this.#filled = LENGTH_BYTES;
    }
    return at + count;
  }

  #finish(frame: Buffer): void {
    this.#frame = null;
    this.#rest = null;
    wholeFrames.add(frame.buffer);
    this.#onFrame(frame);
  }
}

/**
 * A kafkajs `socketFactory` for plain TCP: each `data` event is one whole response, length included.
 * Only for connections without TLS and SASL.
 */
export function framedSocket(options: {
  host: string;
  port: number;
  onConnect: () => void;
}): Socket {
  const assembler = new FrameAssembler((frame) => socket.emit('data', frame));
  const reused = Buffer.allocUnsafeSlow(READ_BYTES);
  const onread = {
    buffer: (): Buffer => assembler.room(reused),
    callback: (count: number, buffer: Uint8Array): boolean => {
      try {
        assembler.push(buffer as Buffer, count);
      } catch (error) {
        socket.destroy(error as Error);
      }
      return true;
    },
  };
  const socket: Socket = connect(
    { host: options.host, port: options.port, onread },
    options.onConnect,
  );
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
}
