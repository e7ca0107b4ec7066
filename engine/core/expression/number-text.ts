/** Numbers as text: the shortest that reads back as the same number (O4). */

/**
 * A float as its shortest text: `0.1`, not `0.10000000149011612`. `value` must be a 32-bit float.
 * Tries one to nine digits.
 */
export function floatText(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value);
}

/**
 * `value` rounded to `scale` decimals, halves away from zero, by its shortest decimal text and not by
 * its bits: 2.675 to two decimals is 2.68 (as Spark's BigDecimal does). A negative scale rounds to
 * tens, hundreds …
 */
export function roundTo(value: number, scale: number): number {
  const factor = 10 ** Math.abs(scale);
  const scaled = scale < 0 ? value / factor : value * factor;
  const away = Math.abs(scaled);
  // Far from a half and exact enough, the bits tell the same as the digits.
  if (away < 2 ** 40 && Math.abs(away - Math.floor(away) - 0.5) > 1e-3 && Math.abs(scale) <= 22) {
    const whole = Math.round(scaled);
    return (scale < 0 ? whole * factor : whole / factor) + 0;
  }
  return roundDigits(value, scale);
}

function roundDigits(value: number, scale: number): number {
  if (!Number.isFinite(value) || value === 0) return value + 0;
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const kept = Number(exponent) + 1 + scale;
  if (kept >= digits.length) return value;
  if (kept < 0) return 0;
  const up = digits.charAt(kept) >= '5' ? 1n : 0n;
  const rounded = Number(`${BigInt(digits.slice(0, kept)) + up}e${-scale}`);
  return value < 0 ? 0 - rounded : rounded;
}
