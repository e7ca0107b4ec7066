/** Bytes of a source in the memory of the code, where they are looked through and read. */
import { type Code, startCode } from './code.ts';
import { INPUT_BYTES, type Layout, layOut } from './memory.ts';

/** A window of the bytes of a source: a copy, made once for whoever asks for the same bytes. */
export class Input {
  readonly code: Code;
  readonly memory: ArrayBuffer;
  readonly layout: Layout;
  readonly #room: Uint8Array;
  #bytes: Uint8Array | null = null;
  #from = 0;
  #to = 0;

  constructor({ code, memory }: { code: Code; memory: ArrayBuffer }, layout: Layout) {
    this.code = code;
    this.memory = memory;
    this.layout = layout;
    this.#room = new Uint8Array(memory, layout.input, INPUT_BYTES);
  }

  /** What address − position is of the bytes that are here. */
  get shift(): number {
    return this.layout.input - this.#from;
  }

  /** The position behind the bytes that are here. */
  get end(): number {
    return this.#to;
  }

  /** Whether bytes[from, to) are here. */
  holds(bytes: Uint8Array, from: number, to: number): boolean {
    return bytes === this.#bytes && from >= this.#from && to <= this.#to;
  }

  /** Brings bytes[from, to), or as much of it as there is room for. */
  bring(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = Math.min(to, bytes.length, from + INPUT_BYTES);
    this.#room.set(bytes.subarray(from, this.#to));
  }
}

/** An input without a scan; null where the machine has no vector instructions. */
export function openInput(): Input | null {
  const layout = layOut([]);
  const started = startCode(layout.bytes);
  return started === null ? null : new Input(started, layout);
}
