/** Pane grids: pieces of equal length, and pieces of whole local days. */
import { DAY_MS } from '../time/civil.ts';
import type { Zone } from '../time/zone.ts';
import type { PaneGrid } from './window.ts';

/** Panes of `paneMs`, one of which starts at `offsetMs` (W1, also for negative t). */
export function fixedGrid(paneMs: number, offsetMs: number): PaneGrid {
  return {
    paneOf: (t) => Math.floor((t - offsetMs) / paneMs),
    startOf: (pane) => pane * paneMs + offsetMs,
  };
}

/** Panes of whole local days. */
export interface DayPanes {
  readonly zone: Zone;
  /** Days a pane. */
  readonly days: number;
  /** Pane 0 starts on this day, counted from 1970-01-01. */
  readonly firstDay: number;
  /** Wall-clock time at which a day begins, ms. */
  readonly offsetMs: number;
}

/**
 * Panes of local days, 23 or 25 hours long where daylight saving starts or ends.
 *
 *     Europe/Paris   30 March [── 24 h ──)[── 31 March, 23 h ─)[── 1 April, 24 h ──)
 *
 * The beginnings of days are what counts: where the clock is set back across midnight, the hour that
 * occurs twice belongs to the new day both times.
 */
export function dayGrid({ zone, days, firstDay, offsetMs }: DayPanes): PaneGrid {
  const startOf = (pane: number): number =>
    Number.isFinite(pane)
      ? zone.epochOf((pane * days + firstDay) * DAY_MS + offsetMs, 'earlier')
      : pane;
  let from = 0;
  let until = 0;
  let last = 0;
  return {
    startOf,
    paneOf(t) {
      if (t >= from && t < until) return last;
      const localDay = Math.floor((t + zone.offsetAt(t) - offsetMs) / DAY_MS);
      last = Math.floor((localDay - firstDay) / days);
      // Where the clock is set back across midnight, the clock shows the old day once more.
      while (t >= startOf(last + 1)) last++;
      from = startOf(last);
      until = startOf(last + 1);
      return last;
    },
  };
}
