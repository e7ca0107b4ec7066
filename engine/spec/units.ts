/**
 * Quantities as they are written: `10s`, `64KiB`, `5%`, `60/1m`. Only spec/ sees these texts; the
 * rest of the engine counts in milliseconds, bytes and shares.
 */

const durationUnits: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const sizeUnits: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
  ['kB', 1000],
  ['KB', 1000],
  ['MB', 1000 ** 2],
  ['GB', 1000 ** 3],
]);

/** What a duration looks like, for the JSON schema. */
export const durationPattern = '^(\\d+(ms|s|m|h|d))+$';
/** What a size looks like. */
export const sizePattern = '^\\d+(\\.\\d+)?(B|KiB|MiB|GiB|kB|KB|MB|GB)$';
/** What a share looks like. */
export const sharePattern = '^\\d+(\\.\\d+)?%$';
/** What a rate looks like. */
export const ratePattern = '^\\d+/(\\d+(ms|s|m|h|d))+$';

/** `250ms`, `10s`, `1h30m` → milliseconds; null when it is none or beyond 2⁵³. */
export function readDuration(text: string): number | null {
  if (!new RegExp(durationPattern).test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(count) * (durationUnits.get(unit ?? '') ?? NaN);
  }
  return Number.isSafeInteger(total) ? total : null;
}

/** `64KiB` → bytes; null when it is none. */
export function readSize(text: string): number | null {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = sizeUnits.get(unit ?? '');
  if (factor === undefined) return null;
  const bytes = Math.round(Number(count) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** `5%` → 0.05; null when it is none or above 100 %. */
export function readShare(text: string): number | null {
  if (!new RegExp(sharePattern).test(text)) return null;
  const share = Number(text.slice(0, -1)) / 100;
  return share <= 1 ? share : null;
}

/** `60/1m` → how many per how many milliseconds; null when it is none. */
export function readRate(text: string): { readonly count: number; readonly perMs: number } | null {
  const [count, period, ...rest] = text.split('/');
  if (count === undefined || period === undefined || rest.length > 0) return null;
  const perMs = readDuration(period);
  if (!/^\d+$/.test(count) || perMs === null || perMs === 0) return null;
  return { count: Number(count), perMs };
}

/** A duration in the fewest words: `86400000` → `1d`, `5400000` → `1h30m`. */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = '';
  for (const [unit, factor] of [...durationUnits].reverse()) {
    const count = Math.floor(rest / factor);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * factor;
  }
  return text === '' ? '0s' : text;
}
