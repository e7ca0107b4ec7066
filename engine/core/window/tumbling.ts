/**
 * Tumbling windows: every instant lies in one window, and the window is one pane.
 *
 *     pane    −1       0       1       2
 *     window  [──)[──────)[──────)[──────)
 */
import type { PaneGrid, WindowAssigner } from './window.ts';
import { windowsOver } from './window.ts';

/** One window a pane. */
export const tumbling = (grid: PaneGrid): WindowAssigner => windowsOver(grid, 1, 1);
