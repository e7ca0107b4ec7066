/** Did you mean …? */

/**
 * How many letters have to be changed, added, removed or swapped with their neighbour (Levenshtein
 * distance with transpositions, the optimal string alignment). O(a · b): for short words.
 */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(change, (last[j] as number) + 1, (current[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] as number) + 1);
      }
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] as number;
}

/**
 * The nearest of `names` to `name`, or null when none is near: case and `-` for `_` cost nothing,
 * else about a third of the letters may differ. The first of equals wins. O(names · length²).
 */
export function suggest(name: string, names: Iterable<string>): string | null {
  const wanted = fold(name).slice(0, 64);
  let best: string | null = null;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const folded = fold(candidate);
    if (Math.abs(folded.length - wanted.length) >= least) continue;
    const away = distance(wanted, folded);
    if (away < least && away < wanted.length) {
      least = away;
      best = candidate;
    }
  }
  return best;
}

const fold = (name: string): string => name.toLowerCase().replaceAll('-', '_');
