/** How fast a drain was once its code had been compiled: peers are measured in their second round too. */
import type { Progress } from '../run/progress.ts';

/** What a part of a drain took. */
export interface Pace {
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

/** From the first look at or behind the middle to the last look; null where those are one. */
export function warmPace(
  looks: readonly Pick<Progress, 'records' | 'elapsedMs' | 'cpuMs'>[],
): Pace | null {
  const last = looks.at(-1);
  const from = looks.find(({ records }) => records > 0 && records * 2 >= (last?.records ?? 0));
  if (last === undefined || from === undefined || from.records === last.records) return null;
  const events = last.records - from.records;
  return {
    eventsPerSecond: (events / (last.elapsedMs - from.elapsedMs)) * 1000,
    cpuSecondsPerMillion: ((last.cpuMs - from.cpuMs) / events) * 1000,
  };
}
