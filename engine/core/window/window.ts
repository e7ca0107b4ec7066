/**
 * The contract of windows in event time: which panes there are, which windows a pane belongs to and
 * when a window ends. Panes are the largest pieces that every window is made of:
 *
 *     size 3 panes, slide 2 panes             pane   0   1   2   3   4   5   6
 *                                         window 0   [───────────)
 *                                         window 1           [───────────)
 *                                         window 2                   [───────────)
 *
 * Pane and window numbers are integers, negative before the epoch. Instants are epoch ms; ±Infinity
 * are allowed wherever a watermark is.
 */
import { invariant } from '../../errors.ts';

/** Windows of one size, ms; tumbling is sliding with slideMs = sizeMs. */
export interface SizedShape {
  readonly kind: 'tumbling' | 'sliding';
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  /** Set for `1d` and longer: sizes in local days of this zone (W1). */
  readonly calendar: {
    readonly timezone: string;
    readonly days: number;
    readonly slideDays: number;
  } | null;
}

/** Sessions: `maxMs` is what they never span a multiple of (W6), at least `gapMs`. */
export interface SessionShape {
  readonly kind: 'session';
  readonly gapMs: number;
  readonly maxMs: number;
}

/** Windows of so many records of a group and partition, in the order of offsets (W7). */
export interface CountShape {
  readonly kind: 'count';
  readonly size: number;
}

/** The shape of windows: of one size, the one window over all input, sessions, or counted. */
export type WindowShape = SizedShape | SessionShape | CountShape | { readonly kind: 'whole' };

/** Consecutive pieces of time that cover it without gaps. */
export interface PaneGrid {
  /** The pane [startOf(pane), startOf(pane + 1)) that holds t. No allocation. */
  paneOf(t: number): number;
  /** First instant of a pane. */
  startOf(pane: number): number;
}

/** Windows over a grid of panes: window w is panes [w · step, w · step + panes). */
export interface WindowAssigner extends PaneGrid {
  /** Panes a window. */
  readonly panes: number;
  /** Panes from one window's start to the next one's; at most `panes`. */
  readonly step: number;
  /** The most windows a pane belongs to. */
  readonly maxWindowsPerPane: number;
  firstWindowOf(pane: number): number;
  lastWindowOf(pane: number): number;
  /** First instant of a window. */
  windowStart(window: number): number;
  /** First instant after a window. */
  windowEnd(window: number): number;
  /** The greatest window that ends at or before t; ±Infinity at ±Infinity. */
  lastEndedBy(t: number): number;
  /**
   * How many of the pane's oldest windows are late at a watermark (W2): those with
   * `end + graceMs ≤ watermark`; all of them at most.
   */
  skipFor(pane: number, watermark: number, graceMs: number): number;
}

/** Windows of `panes` panes, one every `step` panes. */
export function windowsOver(grid: PaneGrid, panes: number, step: number): WindowAssigner {
  invariant(step >= 1 && step <= panes, `windows of ${panes} panes every ${step}`);
  const firstWindowOf = (pane: number): number => Math.floor((pane - panes) / step) + 1;
  const lastWindowOf = (pane: number): number => Math.floor(pane / step);
  const lastEndedBy = (t: number): number =>
    // The window that ends where the pane of t begins is the last that has ended by t.
    t === Infinity || t === -Infinity ? t : Math.floor((grid.paneOf(t) - panes) / step);
  return {
    panes,
    step,
    maxWindowsPerPane: Math.ceil(panes / step),
    paneOf: (t) => grid.paneOf(t),
    startOf: (pane) => grid.startOf(pane),
    firstWindowOf,
    lastWindowOf,
    windowStart: (window) => grid.startOf(window * step),
    windowEnd: (window) => grid.startOf(window * step + panes),
    lastEndedBy,
    skipFor(pane, watermark, graceMs) {
      const first = firstWindowOf(pane);
      const late = lastEndedBy(watermark - graceMs) - first + 1;
      if (late <= 0) return 0;
      const all = lastWindowOf(pane) - first + 1;
      return late < all ? late : all;
    },
  };
}
