/** JSON of events that carry when they are due: made by copying, so that a sender has time for the clock. */

/** Of an event without its padding. */
const ENVELOPE_BYTES = 80;
/** Events are cut from buffers of about so many bytes. */
const SLAB_BYTES = 1 << 20;
/** Digits of an epoch ms, from 2001 to 2286. */
const DIGITS = 13;

/** Events of some keys, of a size. */
export class DueEvents {
  /** Keys of messages, by number. */
  readonly keys: readonly Buffer[];
  /** An event of each key, due at 0. */
  readonly #templates: readonly Buffer[];
  #slab = Buffer.alloc(0);
  #used = 0;
  /** Many are due in the same millisecond: its digits. */
  readonly #digits = Buffer.alloc(DIGITS);
  #writtenMs = -1;

  /** `bytes` is what an event has at least. */
  constructor(keys: number, bytes: number) {
    const note = 'x'.repeat(Math.max(0, bytes - ENVELOPE_BYTES));
    const all = Array.from({ length: keys }, (_, key) => key);
    this.keys = all.map((key) => Buffer.from(`key-${key}`));
    this.#templates = all.map((key) =>
      Buffer.from(
        `{"due":${'0'.repeat(DIGITS)},"name":"key-${key}","value":${key % 100}.5,"note":"${note}"}`,
      ),
    );
  }

  /** `dueMs` is epoch ms; its fraction is left out. */
  at(key: number, dueMs: number): Buffer {
    const template = this.#templates[key] as Buffer;
    if (this.#used + template.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafe(Math.max(SLAB_BYTES, template.length));
      this.#used = 0;
    }
    const event = this.#slab.subarray(this.#used, (this.#used += template.length));
    event.set(template);
    const ms = Math.floor(dueMs);
    if (ms !== this.#writtenMs) this.#digits.write(String(ms), 'latin1');
    this.#writtenMs = ms;
    event.set(this.#digits, START);
    return event;
  }
}

const START = '{"due":'.length;
