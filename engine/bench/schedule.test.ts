import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DueEvent, Schedule } from './schedule.ts';

/** The events due before `endMs`, and the schedule after them. */
function run(
  settings: ConstructorParameters<typeof Schedule>[0],
  endMs: number,
): { schedule: Schedule; events: DueEvent[] } {
  const schedule = new Schedule(settings);
  const events: DueEvent[] = [];
  while (schedule.nextMs < endMs) events.push(schedule.take());
  return { schedule, events };
}

describe('the schedule of an open loop', () => {
  it('sends by the clock, keys in turns, each key in one partition', () => {
    const settings = { eventsPerSecond: 4, keys: 3, partitions: 2, windowMs: 1000, startMs: 500 };
    const { events } = run(settings, 2000);
    expect(events.map(({ dueMs }) => dueMs)).toEqual([500, 750, 1000, 1250, 1500, 1750]);
    expect(events.map(({ key }) => key)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(events.map(({ partition }) => partition)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('knows which event closes a window: the one that takes the last partition past its end', () => {
    fc.assert(
      fc.property(
        fc.record({
          eventsPerSecond: fc.integer({ min: 1, max: 50 }),
          keys: fc.integer({ min: 1, max: 7 }),
          partitions: fc.integer({ min: 1, max: 4 }),
          windowMs: fc.constantFrom(300, 1000),
          startMs: fc.integer({ min: 0, max: 2000 }),
        }),
        (settings) => {
          fc.pre(settings.keys >= settings.partitions);
          const { schedule, events } = run(settings, settings.startMs + 6000);
          const { windowMs, partitions } = settings;
          const first = (Math.floor(settings.startMs / windowMs) + 1) * windowMs;
          for (let end = first; end < settings.startMs + 6000; end += windowMs) {
            const firsts = Array.from({ length: partitions }, (_, partition) =>
              events.find((event) => event.partition === partition && event.dueMs >= end),
            );
            const known = firsts.every((event) => event !== undefined);
            const closing = known ? Math.max(...firsts.map((event) => event.dueMs)) : undefined;
            expect(schedule.closedBy.get(end)).toBe(closing);
            const inside = events.filter(({ dueMs }) => dueMs >= end - windowMs && dueMs < end);
            expect(schedule.events.get(end) ?? 0).toBe(inside.length);
          }
        },
      ),
    );
  });
});
