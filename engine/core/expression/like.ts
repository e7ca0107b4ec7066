/** SQL's like: `%` is any text, `_` any one character, `\` takes the next character as it is. */

/** A pattern cut into runs without `%`; each character of a run is itself or null for any. */
type Run = readonly (string | null)[];

/**
 * Compiles a like pattern. The matcher is not a regular expression and never backtracks further than
 * the last `%`: O(text · pattern) at worst, O(text) for patterns in use. Case counts; the whole text
 * has to match.
 */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const runs = runsOf(pattern);
  const [first = [], ...rest] = runs;
  if (rest.length === 0) return (text) => fitsWhole(first, Array.from(text));
  const plain = plainMatcher(runs);
  return plain ?? ((text) => fits(runs, Array.from(text)));
}

function runsOf(pattern: string): Run[] {
  let run: (string | null)[] = [];
  const runs: Run[] = [run];
  const characters = Array.from(pattern);
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === '%') runs.push((run = []));
    else if (character === '_') run.push(null);
    else if (character === '\\' && i + 1 < characters.length) run.push(characters[++i] as string);
    else run.push(character);
  }
  return runs;
}

/** `a%`, `%a`, `%a%` and `a%b` without `_` need no search of our own. */
function plainMatcher(runs: readonly Run[]): ((text: string) => boolean) | null {
  if (runs.some((run) => run.includes(null))) return null;
  const [head = '', middle = '', ...more] = runs.map((run) => run.join(''));
  if (more.length === 0) {
    const least = head.length + middle.length;
    return (text) => text.length >= least && text.startsWith(head) && text.endsWith(middle);
  }
  const contains = more.length === 1 && head === '' && more[0] === '';
  return contains ? (text) => text.includes(middle) : null;
}

function fits(runs: readonly Run[], text: readonly string[]): boolean {
  const [first = [], ...rest] = runs;
  const last = rest.pop() ?? [];
  if (text.length < first.length + last.length) return false;
  if (!fitsAt(first, text, 0) || !fitsAt(last, text, text.length - last.length)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const run of rest) {
    // The leftmost place is always a right one: what follows only gets more room.
    while (at + run.length <= end && !fitsAt(run, text, at)) at++;
    if (at + run.length > end) return false;
    at += run.length;
  }
  return true;
}

const fitsWhole = (run: Run, text: readonly string[]): boolean =>
  run.length === text.length && fitsAt(run, text, 0);

const fitsAt = (run: Run, text: readonly string[], at: number): boolean =>
  run.every((wanted, i) => wanted === null || wanted === text[at + i]);
