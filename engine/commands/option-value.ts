/** Values of options, read with a plain message for what they cannot be. */
import { InvalidArgumentError } from 'commander';
import { timestampOf } from '../core/json/timestamp.ts';
import { encodeUtf8 } from '../core/utf8.ts';
import { readDuration } from '../spec/units.ts';

/** Reads whole numbers from `least` to `greatest`. */
export const wholeNumber =
  (least: number, greatest: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${greatest}.`);
  };

/** Reads a point in time with its zone, epoch ms. */
export function instant(text: string): number {
  const bytes = encodeUtf8(text);
  const time = timestampOf(bytes, 0, bytes.length);
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('Write a time with its zone such as 2024-03-28T22:30:00Z.');
}

/** Reads a duration, ms. */
export function duration(text: string): number {
  const ms = readDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new InvalidArgumentError('Write a duration such as 45s.');
}
