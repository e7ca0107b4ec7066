import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openAssigner } from '../core/window/assigner.ts';
import { shapeOfSizes } from './window-shape.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const shape = (sizeMs: number, slideMs = sizeMs) =>
  shapeOfSizes(sizeMs === slideMs ? 'tumbling' : 'sliding', { sizeMs, slideMs }, 'Europe/Paris');

describe('W1: sizes of windows', () => {
  test('W1: whole days follow the calendar of the zone', () => {
    expect(shape(DAY).calendar).toEqual({ timezone: 'Europe/Paris', days: 1, slideDays: 1 });
    expect(shape(7 * DAY, DAY).calendar).toEqual({
      timezone: 'Europe/Paris',
      days: 7,
      slideDays: 1,
    });
  });

  test('W1: everything else is a number of milliseconds', () => {
    for (const one of [
      shape(HOUR),
      shape(36 * HOUR),
      shape(DAY, HOUR),
      shape(2 * DAY, 12 * HOUR),
    ]) {
      expect(one.calendar).toBeNull();
    }
  });

  test('W1: a day has 23 or 25 hours when daylight saving begins or ends', () => {
    const assigner = openAssigner(shape(DAY));
    const hours = (at: number): number => {
      const window = assigner.firstWindowOf(assigner.paneOf(at));
      return (assigner.windowEnd(window) - assigner.windowStart(window)) / HOUR;
    };
    expect(hours(Date.UTC(2024, 2, 31, 12))).toBe(23);
    expect(hours(Date.UTC(2024, 9, 27, 12))).toBe(25);
    expect(hours(Date.UTC(2024, 5, 1, 12))).toBe(24);
  });

  test('W1: every shape opens: a slide is never more than a size here', () => {
    const ms = fc
      .integer({ min: 1, max: 1000 })
      .chain((n) => fc.constantFrom(n, n * 60_000, n * DAY));
    fc.assert(
      fc.property(ms, ms, fc.integer(), (a, b, t) => {
        const one = shape(Math.max(a, b), Math.min(a, b));
        const assigner = openAssigner(one);
        const pane = assigner.paneOf(t * 1000);
        expect(assigner.startOf(pane)).toBeLessThanOrEqual(t * 1000);
        expect(assigner.startOf(pane + 1)).toBeGreaterThan(t * 1000);
        expect([one.sizeMs, one.slideMs, one.offsetMs]).toEqual([
          Math.max(a, b),
          Math.min(a, b),
          0,
        ]);
      }),
    );
  });
});
