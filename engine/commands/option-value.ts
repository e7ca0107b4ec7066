/** Values of options, read with a plain message for what they cannot be. */
import { InvalidArgumentError } from 'commander';
import { readDuration } from '../spec/units.ts';

/** Reads whole numbers from `least` to `greatest`. */
export const wholeNumber =
  (least: number, greatest: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${greatest}.`);
  };

/** Reads a duration, ms. */
export function duration(text: string): number {
  const ms = readDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new InvalidArgumentError('Write a duration such as 45s.');
}
