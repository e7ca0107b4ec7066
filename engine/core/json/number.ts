/**
 * JSON numbers, read to exactly the double that `Number(text)` gives.
 */

/** Powers of ten that are exact doubles. */
const POWER = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${String(n)}`));

/** Reads one number at a time; the value of the last one stays in `value`. */
export class NumberReader {
  value = 0;

  /**
   * Reads the number at `p`, returns the position after it, or `~at` where it breaks the grammar.
   * Up to nine digits without exponent are integer arithmetic; dividing by an exact power of ten
   * then rounds once, as it should. Integers may go on for a few digits more.
   */
  read(bytes: Uint8Array, p: number, to: number): number {
    const start = p;
    const negative = p < to && bytes[p] === 0x2d; /* - */
    if (negative) p++;
    const first = p;
    let digits = 0;
    let digit = 0;
    const ninth = Math.min(first + 9, to);
    while (p < ninth && (digit = (bytes[p] as number) - 0x30) >>> 0 <= 9) {
      digits = (Math.imul(digits, 10) + digit) | 0;
      p++;
    }
    const whole = p;
    let value = digits;
    let byte = p < to ? (bytes[p] as number) : 0;
    if (byte === 0x2e /* . */) {
      const point = ++p;
      const tenth = Math.min(first + 10, to);
      while (p < tenth && (digit = (bytes[p] as number) - 0x30) >>> 0 <= 9) {
        digits = (Math.imul(digits, 10) + digit) | 0;
        p++;
      }
      if (p === point) return this.#wide(bytes, start, to);
      value = digits / (POWER[p - point] as number);
      byte = p < to ? (bytes[p] as number) : 0;
    } else if (p === first + 9) {
      const last = Math.min(first + 15, to);
      while (p < last && (digit = (bytes[p] as number) - 0x30) >>> 0 <= 9) {
        value = value * 10 + digit;
        p++;
      }
      byte = p < to ? (bytes[p] as number) : 0;
    }
    const zeroFirst = bytes[first] === 0x30 && whole > first + 1;
    if (whole === first || zeroFirst || goesOn(byte)) return this.#wide(bytes, start, to);
    this.value = negative ? -value : value;
    return p;
  }

  /**
   * The whole grammar. Digits are summed as a double: while the sum is at most 2^53 it is exact,
   * and one multiplication or division by an exact power of ten rounds correctly (Clinger 1990);
   * everything else is left to `Number`.
   */
  #wide(bytes: Uint8Array, start: number, to: number): number {
    let p = start;
    const negative = bytes[p] === 0x2d;
    if (negative) p++;
    const first = p;
    let sum = 0;
    for (let d; p < to && (d = (bytes[p] as number) - 0x30) >= 0 && d <= 9; p++) sum = sum * 10 + d;
    if (p === first) return ~p;
    if (bytes[first] === 0x30 && p - first > 1) return ~(first + 1);
    let exponent = 0;
    if (p < to && bytes[p] === 0x2e) {
      const point = ++p;
      for (let d; p < to && (d = (bytes[p] as number) - 0x30) >= 0 && d <= 9; p++)
        sum = sum * 10 + d;
      if (p === point) return ~p;
      exponent = point - p;
    }
    if (p < to && ((bytes[p] as number) | 0x20) === 0x65 /* e */) {
      const written = this.#exponent(bytes, p + 1, to);
      if (written < 0) return written;
      exponent += this.value;
      p = written;
    }
    const exact = sum <= Number.MAX_SAFE_INTEGER && exponent >= -22 && exponent <= 22;
    if (!exact) sum = numberOf(bytes, first, p);
    else if (exponent < 0) sum /= POWER[-exponent] as number;
    else sum *= POWER[exponent] as number;
    this.value = negative ? -sum : sum;
    return p;
  }

  /** The exponent after `e`, into `value`; saturates where no record can make up for it. */
  #exponent(bytes: Uint8Array, p: number, to: number): number {
    const sign = p < to ? bytes[p] : 0;
    if (sign === 0x2d || sign === 0x2b) p++;
    const first = p;
    let sum = 0;
    for (let d; p < to && (d = (bytes[p] as number) - 0x30) >= 0 && d <= 9; p++) {
      sum = Math.min(sum * 10 + d, 1e15);
    }
    this.value = sign === 0x2d ? -sum : sum;
    return p === first ? ~p : p;
  }
}

/** Whether a number goes on with `byte`: a digit, a point or an exponent. */
const goesOn = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || (byte | 0x20) === 0x65;

/** `Number` of ASCII text; for the few numbers the fast path cannot round. */
function numberOf(bytes: Uint8Array, from: number, to: number): number {
  let text = '';
  for (let p = from; p < to; p++) text += String.fromCharCode(bytes[p] as number);
  return Number(text);
}
