/** Instants in JSON, which knows no infinities: they are written as text. */

/** An instant (epoch ms, ±Infinity allowed) as JSON. */
export type JsonInstant = number | 'Infinity' | '-Infinity';

/** Writes an instant. */
export function instantToJson(instant: number): JsonInstant {
  if (instant === Infinity) return 'Infinity';
  return instant === -Infinity ? '-Infinity' : instant;
}

/** Reads what `instantToJson` wrote. */
export const instantFromJson = (json: JsonInstant): number => Number(json);
