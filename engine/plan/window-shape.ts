/** Sizes of windows → their shape. */
import type { WindowShape } from './planner.ts';

const DAY_MS = 86_400_000;

/**
 * Windows of whole days that start every few whole days follow the calendar of the time zone (W1).
 * Everything else is a number of ms, also a day that slides by the hour: it is always 24 h long.
 */
export function shapeOfSizes(
  kind: WindowShape['kind'],
  { sizeMs, slideMs }: { sizeMs: number; slideMs: number },
  timezone: string,
): WindowShape {
  const days = sizeMs / DAY_MS;
  const slideDays = slideMs / DAY_MS;
  const whole = Number.isInteger(days) && Number.isInteger(slideDays);
  const calendar = whole ? { timezone, days, slideDays } : null;
  return { kind, sizeMs, slideMs, offsetMs: 0, calendar };
}
