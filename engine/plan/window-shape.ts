/** Sizes of windows → their shape, and the columns that their rows have besides results. */
import type { Column } from '../core/batch.ts';
import type { SizedShape, WindowShape } from './planner.ts';

const DAY_MS = 86_400_000;

/**
 * Windows of whole days that start every few whole days follow the calendar of the time zone (W1).
 * Everything else is a number of ms, also a day that slides by the hour: it is always 24 h long.
 */
export function shapeOfSizes(
  kind: SizedShape['kind'],
  { sizeMs, slideMs }: { sizeMs: number; slideMs: number },
  timezone: string,
): SizedShape {
  const days = sizeMs / DAY_MS;
  const slideDays = slideMs / DAY_MS;
  const whole = Number.isInteger(days) && Number.isInteger(slideDays);
  const calendar = whole ? { timezone, days, slideDays } : null;
  return { kind, sizeMs, slideMs, offsetMs: 0, calendar };
}

const BOUNDS: readonly Column[] = [
  { name: 'window_start', type: 'timestamp', nullable: false },
  { name: 'window_end', type: 'timestamp', nullable: false },
];

/** What stands in the place of the bounds where windows count records (W7). */
const COUNTED: readonly Column[] = [
  { name: 'partition', type: 'int', nullable: false },
  { name: 'window_index', type: 'long', nullable: false },
];

/** What stands in the two slots of a closed window's frame between the group columns and the results. */
export const framedBoundsOf = (kind: WindowShape['kind']): readonly Column[] =>
  kind === 'count' ? COUNTED : BOUNDS;

/**
 * The bounds that rows of a kind of window have as columns. The window over all input has none to
 * tell: it holds whatever was read.
 */
export const boundsOf = (kind: WindowShape['kind']): readonly Column[] =>
  kind === 'whole' ? [] : framedBoundsOf(kind);

/** Those of the bounds that tell windows of a group apart: the start, or the partition and the number. */
export const identifyingBoundsOf = (kind: WindowShape['kind']): readonly Column[] =>
  kind === 'count' ? COUNTED : boundsOf(kind).slice(0, 1);

/** Slots of a closed window's frame between the group columns and the results. */
export const BOUND_SLOTS = BOUNDS.length;
