/** The tally in snapshots. */
import { type Tally, openTally } from './tally.ts';

/** The tally as JSON: a snapshot waits for what is on its way, so that counts as arrived. */
export function tallyToJson(tally: Tally): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...tally, written: tally.given, reported: tally.letters }).map(
      ([name, value]) => [
        name,
        value instanceof Map ? entriesOf(value as Map<string, unknown>) : value,
      ],
    ),
  );
}

/** Copies: counts go on while a snapshot waits to be written. */
const entriesOf = (counts: Map<string, unknown>): [string, unknown][] =>
  Array.from(counts, ([name, value]) => [name, typeof value === 'object' ? { ...value } : value]);

/** Reads back what `tallyToJson` wrote. */
export function tallyFromJson(json: Record<string, unknown>): Tally {
  const tally = openTally();
  for (const [name, value] of Object.entries(json)) {
    const target: unknown = tally[name as keyof Tally];
    if (!(target instanceof Map)) continue;
    for (const [key, inner] of value as [string, never][]) target.set(key, inner);
  }
  tally.skipped = Number(json['skipped'] ?? 0);
  return tally;
}
