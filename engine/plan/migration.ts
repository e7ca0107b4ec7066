/**
 * Which changes of a definition a saved state survives (`--migrate`), by what `shape.ts` keeps of it.
 * Sinks, limits, brokers and error policies are in no shape: they may change without asking.
 *
 *     can go on                                         cannot
 *     a row-wise stage that no kept state rests on      a source: its format, clock, or a column's type
 *     a column that is new, or gone                     a window that keeps its name: anything but having
 *     a new window over records: it begins afresh       a new window over windows
 *     a window or a dedup that is gone                  a dedup that is new, or changed
 */
import { type Aspect, type Shape, aspectsOf } from './shape.ts';

/** What going on with a state of another shape means, a sentence each; none of either: they are equal. */
export interface Migration {
  /** What changes from here on. */
  readonly consequences: readonly string[];
  /** Why it is not possible. */
  readonly obstacles: readonly string[];
}

type Aspects = ReadonlyMap<string, string>;
type Parts = ReadonlyMap<string, Aspects>;

/** Looks at two shapes. O(shapes · stages). */
export function migrationOf(before: Shape, now: Shape): Migration {
  const [old, fresh] = [partsOf(before), partsOf(now)];
  const consequences: string[] = [];
  const obstacles: string[] = [];
  for (const [name, part] of old) {
    if (!fresh.has(name)) judgeGone(name, part, { consequences, obstacles });
  }
  for (const [name, part] of fresh) {
    const was = old.get(name);
    if (was === undefined) judgeNew(name, part, { fresh, consequences, obstacles });
    else if (before[name] !== now[name]) {
      judgeChanged(name, [was, part], { old, fresh, consequences, obstacles });
    }
  }
  return { consequences, obstacles };
}

interface Verdict {
  readonly consequences: string[];
  readonly obstacles: string[];
}

function judgeGone(name: string, part: Aspects, { consequences, obstacles }: Verdict): void {
  if (isSource(part)) obstacles.push(`source ${name} is gone`);
  else if (isWindow(part)) consequences.push(`${name} is gone: its open windows give no row`);
  else if (isDedup(part)) consequences.push(`${name} is gone: what it has seen is forgotten`);
  else consequences.push(`${name} is gone`);
}

function judgeNew(
  name: string,
  part: Aspects,
  { fresh, consequences, obstacles }: Verdict & { readonly fresh: Parts },
): void {
  if (isSource(part)) obstacles.push(`source ${name} is new`);
  else if (isDedup(part)) obstacles.push(`${name} is new: it has not seen the records before`);
  else if (!isWindow(part)) consequences.push(`${name} is new: it gives the rows from here on`);
  else if (restsOn(name, (other) => other !== name && isWindow(fresh.get(other)), fresh)) {
    obstacles.push(`${name} is new, over windows that have closed`);
  } else {
    const first = 'its first windows are those that begin behind all records read so far';
    consequences.push(`${name} is new: ${first}`);
  }
}

function judgeChanged(
  name: string,
  [was, is]: readonly [Aspects, Aspects],
  { old, fresh, consequences, obstacles }: Verdict & { readonly old: Parts; readonly fresh: Parts },
): void {
  const changed = changedOf(was, is);
  if (isSource(is)) {
    // A column that is there before and after, or anything else, would make other rows of old records.
    const firm = changed.filter(
      (title) => !title.startsWith('column ') || (was.has(title) && is.has(title)),
    );
    if (firm.length > 0) obstacles.push(`${name}: ${firm.join(', ')} cannot change under a state`);
    else consequences.push(`${name}: ${changed.join(', ')}, from here on`);
    return;
  }
  if (isWindow(is) || isWindow(was)) {
    if (changed.every((title) => title === 'having')) {
      consequences.push(`${name}: having, for windows that close from here on`);
    } else obstacles.push(`${name} keeps windows of another kind`);
    return;
  }
  if (isDedup(is) || isDedup(was)) {
    obstacles.push(`${name} keeps keys of another kind`);
    return;
  }
  const kept = [...fresh].find(
    ([other, part]) =>
      old.has(other) && keepsState(part) && restsOn(other, (one) => one === name, fresh),
  );
  if (kept === undefined) consequences.push(`${name} has changed, for rows from here on`);
  else obstacles.push(`${name} changes what ${kept[0]} keeps`);
}

function changedOf(was: Aspects, is: Aspects): string[] {
  const titles = new Set([...was.keys(), ...is.keys()]);
  const changed = [...titles].filter((title) => was.get(title) !== is.get(title));
  return changed.length > 0 ? changed : ['the order of its parts'];
}

/** Whether a stage reads, directly or through others, from one of which `holds` is true. */
function restsOn(name: string, holds: (stage: string) => boolean, parts: Parts): boolean {
  // A union reads from several.
  const inputs = textOf(parts.get(name)?.get('from'))?.split(', ') ?? [];
  return inputs.some((input) => parts.has(input) && (holds(input) || restsOn(input, holds, parts)));
}

const isSource = (part: Aspects | undefined): boolean => part?.has('event_time') === true;
const isWindow = (part: Aspects | undefined): boolean => part?.has('window') === true;
const isDedup = (part: Aspects | undefined): boolean => part?.has('dedup') === true;
const keepsState = (part: Aspects): boolean => isWindow(part) || isDedup(part);

const textOf = (aspect: string | undefined): string | null =>
  aspect === undefined ? null : ((JSON.parse(aspect) as string[])[0] ?? null);

const partsOf = (shape: Shape): Parts =>
  new Map(Object.entries(shape).map(([name, text]) => [name, byTitle(aspectsOf(text))]));

/** Title → text and types. */
const byTitle = (aspects: readonly Aspect[]): Aspects =>
  new Map(aspects.map(([title, ...rest]) => [title, JSON.stringify(rest)]));
