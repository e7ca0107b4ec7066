/** How fast a drain was once its code had been compiled: peers are measured in their second round too. */
import type { Progress } from '../run/progress.ts';

/** What the halves of a drain took. */
export interface Pace {
  /** Of the second half. */
  readonly eventsPerSecond: number;
  /** Of the second half. */
  readonly cpuSecondsPerMillion: number;
  /** Of the first half, in which code is compiled. */
  readonly firstEventsPerSecond: number;
}

/**
 * The second half goes from the first look at or behind the middle to the last look, the first one from
 * the first bytes up to it; null where those are one. `drainMs` is what both took together.
 */
export function paceOf(
  looks: readonly Pick<Progress, 'records' | 'elapsedMs' | 'cpuMs'>[],
  drainMs: number,
): Pace | null {
  const last = looks.at(-1);
  const from = looks.find(({ records }) => records > 0 && records * 2 >= (last?.records ?? 0));
  if (last === undefined || from === undefined || from.records === last.records) return null;
  const events = last.records - from.records;
  const secondMs = last.elapsedMs - from.elapsedMs;
  return {
    eventsPerSecond: (events / secondMs) * 1000,
    cpuSecondsPerMillion: ((last.cpuMs - from.cpuMs) / events) * 1000,
    firstEventsPerSecond: (from.records / (drainMs - secondMs)) * 1000,
  };
}
