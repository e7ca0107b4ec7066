/** From the shape in a plan to an assigner. */
import { openZone } from '../time/zone.ts';
import { dayGrid, fixedGrid } from './grid.ts';
import { instants } from './session.ts';
import { greatestCommonDivisor, sliding } from './sliding.ts';
import { tumbling } from './tumbling.ts';
import { whole } from './whole.ts';
import type { PaneGrid, WindowAssigner, WindowShape } from './window.ts';

/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4;

/**
 * Opens the assigner of a window shape. Throws ENG_INVARIANT when the slide exceeds the size (some
 * records would belong to no window): the planner refuses that. With a calendar `offsetMs` is
 * wall-clock time after midnight; windows that start every few whole weeks start on Mondays, others
 * count days from 1970-01-01.
 */
export function openAssigner(shape: WindowShape): WindowAssigner {
  // Counted windows have no time: like the one that has no end, they make nothing late (W7).
  if (shape.kind === 'whole' || shape.kind === 'count') return whole();
  if (shape.kind === 'session') return instants();
  const { sizeMs, slideMs, offsetMs, calendar } = shape;
  if (calendar === null) {
    if (sizeMs === slideMs) return tumbling(fixedGrid(sizeMs, offsetMs));
    return sliding(sizeMs, slideMs, (paneMs) => fixedGrid(paneMs, offsetMs));
  }
  const zone = openZone(calendar.timezone);
  const firstDay = calendar.slideDays % 7 === 0 ? FIRST_MONDAY : 0;
  const gridOf = (days: number): PaneGrid => dayGrid({ zone, days, firstDay, offsetMs });
  if (calendar.days === calendar.slideDays) return tumbling(gridOf(calendar.days));
  return sliding(calendar.days, calendar.slideDays, gridOf);
}

/**
 * What the panes of a shape are, as text: windows whose texts are equal have the same panes with the
 * same numbers. Null where windows count records, whatever their time.
 */
export function panesOf(shape: WindowShape): string | null {
  if (shape.kind === 'count') return null;
  if (shape.kind === 'whole') return 'all time';
  if (shape.kind === 'session') return 'every instant';
  const { sizeMs, slideMs, offsetMs, calendar } = shape;
  const offset = `from ${offsetMs} ms`;
  if (calendar === null) return `${greatestCommonDivisor(sizeMs, slideMs)} ms ${offset}`;
  const { days, slideDays, timezone } = calendar;
  const first = slideDays % 7 === 0 ? 'Monday' : 'day 0';
  return `${greatestCommonDivisor(days, slideDays)} days of ${timezone} ${offset}, ${first}`;
}
