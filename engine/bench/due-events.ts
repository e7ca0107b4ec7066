/** JSON of events that carry when they are due: made by copying, so that a sender has time for the clock. */

/** About what an event takes without its padding. */
const ENVELOPE_BYTES = 80;
/** Events are cut from buffers of about so many bytes. */
const SLAB_BYTES = 1 << 20;
/** Digits of an epoch ms, from 2001 to 2286. */
const DIGITS = 13;

/** Events of any key, of a size. */
export class DueEvents {
  /** By number of a key: the key of a message, and what an event begins with, due at 0. */
  readonly #heads: { readonly key: Buffer; readonly bytes: Buffer }[] = [];
  /** What every event ends with. */
  readonly #tail: Buffer;
  #slab = Buffer.alloc(0);
  #used = 0;
  /** Many are due in the same millisecond: its digits. */
  readonly #digits = Buffer.alloc(DIGITS);
  #writtenMs = -1;

  /** `bytes` is about what an event has. */
  constructor(bytes: number) {
    this.#tail = Buffer.from(`"note":"${'x'.repeat(Math.max(0, bytes - ENVELOPE_BYTES))}"}`);
  }

  /** An event as a message of the key; `dueMs` is epoch ms, its fraction is left out. */
  at(key: number, dueMs: number): { readonly key: Buffer; readonly value: Buffer } {
    const head = (this.#heads[key] ??= headOf(key));
    const bytes = head.bytes.length + this.#tail.length;
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafe(Math.max(SLAB_BYTES, bytes));
      this.#used = 0;
    }
    const event = this.#slab.subarray(this.#used, (this.#used += bytes));
    event.set(head.bytes);
    event.set(this.#tail, head.bytes.length);
    const ms = Math.floor(dueMs);
    if (ms !== this.#writtenMs) this.#digits.write(String(ms), 'latin1');
    this.#writtenMs = ms;
    event.set(this.#digits, START);
    return { key: head.key, value: event };
  }
}

const headOf = (key: number): { key: Buffer; bytes: Buffer } => ({
  key: Buffer.from(`key-${key}`),
  bytes: Buffer.from(`{"due":${'0'.repeat(DIGITS)},"name":"key-${key}","value":${key % 100}.5,`),
});

const START = '{"due":'.length;
