/**
 * Sliding windows share panes of gcd(size, slide), so that the cost of a record does not grow with
 * size / slide.
 *
 *     size 30, slide 20, panes of 10          0   10  20  30  40  50  60  70
 *                                         [───────────)
 *                                                 [───────────)
 *                                                         [───────────)
 */
import type { PaneGrid, WindowAssigner } from './window.ts';
import { windowsOver } from './window.ts';

/** Windows of `size` every `slide`, in any unit; `gridOf` makes the panes of that many units. */
export function sliding(
  size: number,
  slide: number,
  gridOf: (unit: number) => PaneGrid,
): WindowAssigner {
  const pane = greatestCommonDivisor(size, slide);
  return windowsOver(gridOf(pane), size / pane, slide / pane);
}

/** gcd of two positive integers. */
export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
