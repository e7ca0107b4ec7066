/**
 * Sessions: records of a group that follow each other by less than `gap`, never across a multiple of
 * `max` since the epoch (W6). What is late is decided record by record:
 *
 *     records   ●  ●     ●            ●  ●
 *     sessions  [────────── gap)      [── ─ gap)          late once the watermark is at t + grace
 *
 * Which sessions there are is only known when all records are: until then every instant is a pane of
 * its own, with one window that ends where it begins.
 */
import type { SessionShape, WindowAssigner } from './window.ts';

/** One window an instant: a record is late for it once the watermark has reached t + grace. */
export const instants = (): WindowAssigner => ({
  panes: 1,
  step: 1,
  maxWindowsPerPane: 1,
  paneOf: (t) => Math.floor(t),
  startOf: (pane) => pane,
  firstWindowOf: (pane) => pane,
  lastWindowOf: (pane) => pane,
  windowStart: (window) => window,
  windowEnd: (window) => window,
  lastEndedBy: (t) => Math.floor(t),
  skipFor: (pane, watermark, graceMs) => (pane + graceMs <= watermark ? 1 : 0),
});

/** First instant of the stretch between two multiples of `max` that holds t. */
export const stretchStart = (t: number, { maxMs }: SessionShape): number =>
  Math.floor(t / maxMs) * maxMs;

/** End of a session: `gap` after its last record, or the multiple of `max` before that. */
export const sessionEnd = (first: number, last: number, shape: SessionShape): number =>
  Math.min(last + shape.gapMs, stretchStart(first, shape) + shape.maxMs);
