/**
 * Words of the language that this version does not have: told apart from typing mistakes. A word
 * that becomes a keyword of the vocabulary is one, whatever stands here.
 */
import type { Path } from './diagnostic.ts';

interface PlannedPlace {
  /** Path of the map; `*` is any name. */
  readonly at: Path;
  readonly keys: readonly string[];
}

const places: readonly PlannedPlace[] = [
  { at: ['sources', '*', 'format'], keys: ['avro', 'protobuf'] },
  { at: ['stages', '*'], keys: ['join'] },
  { at: ['errors'], keys: ['sink'] },
];

/** True when `key` is a planned word in the map at `path`. */
export const isPlanned = (path: Path, key: string): boolean =>
  places.some(({ at, keys }) => keys.includes(key) && fits(path, at));

const fits = (path: Path, pattern: Path): boolean =>
  path.length === pattern.length &&
  path.every((step, index) => pattern[index] === '*' || pattern[index] === step);
