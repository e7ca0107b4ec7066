/**
 * The one window over all input. It has no bounds: nothing is late for it, and only the end of its
 * input (T7) closes it.
 *
 *     pane    0
 *     window  (−∞ ─────────────── ∞)
 */
import type { WindowAssigner } from './window.ts';
import { windowsOver } from './window.ts';

/** One window of one pane. */
export const whole = (): WindowAssigner =>
  windowsOver({ paneOf: () => 0, startOf: (pane) => (pane > 0 ? Infinity : -Infinity) }, 1, 1);
