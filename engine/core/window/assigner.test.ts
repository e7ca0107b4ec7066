import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIso } from '../time/civil.ts';
import { openAssigner, panesOf } from './assigner.ts';
import type { SizedShape, WindowAssigner, WindowShape } from './window.ts';

const shapeOf = (sizeMs: number, slideMs: number, offsetMs = 0): SizedShape => ({
  kind: sizeMs === slideMs ? 'tumbling' : 'sliding',
  sizeMs,
  slideMs,
  offsetMs,
  calendar: null,
});

const DAY = 86_400_000;

function days(timezone: string, size: number, slide = size, offsetMs = 0): WindowAssigner {
  return openAssigner({
    ...shapeOf(size * DAY, slide * DAY, offsetMs),
    calendar: { timezone, days: size, slideDays: slide },
  });
}

/** [start, end) of every window that holds t, oldest first. */
function windowsAt(assigner: WindowAssigner, t: number): [number, number][] {
  const pane = assigner.paneOf(t);
  const windows: [number, number][] = [];
  for (let w = assigner.firstWindowOf(pane); w <= assigner.lastWindowOf(pane); w++) {
    windows.push([assigner.windowStart(w), assigner.windowEnd(w)]);
  }
  return windows;
}

const at = (text: string): number => Date.parse(text);
const isoWindowsAt = (assigner: WindowAssigner, text: string): string[] =>
  windowsAt(assigner, at(text)).map(([start, end]) => `${formatIso(start)} ${formatIso(end)}`);

describe('windows', () => {
  it('W1: tumbling windows are [start, end), also before the epoch and with an offset', () => {
    //  −12        −2         8         18
    //  [──────────)[─────────)[─────────)        size 10, offset 8
    const assigner = openAssigner(shapeOf(10, 10, 8));
    expect(windowsAt(assigner, -3)).toEqual([[-12, -2]]);
    expect(windowsAt(assigner, -2)).toEqual([[-2, 8]]);
    expect(windowsAt(assigner, 7)).toEqual([[-2, 8]]);
    expect(windowsAt(assigner, 8)).toEqual([[8, 18]]);
  });

  it('W1: sliding windows whose slide does not divide their size', () => {
    //  0    5   10   15   20   25   30
    //  [──────────────)                          size 15, slide 10, panes of 5
    //            [──────────────)
    //                      [──────────────)
    const assigner = openAssigner(shapeOf(15, 10));
    expect(windowsAt(assigner, 4)).toEqual([
      [-10, 5],
      [0, 15],
    ]);
    expect(windowsAt(assigner, 5)).toEqual([[0, 15]]);
    expect(windowsAt(assigner, 10)).toEqual([
      [0, 15],
      [10, 25],
    ]);
    expect(assigner.maxWindowsPerPane).toBe(2);
  });

  it('W1 W2: the window over all input holds every instant, and nothing is late for it', () => {
    //  (−∞ ──────────────────────────── ∞)
    const assigner = openAssigner({ kind: 'whole' });
    for (const t of [-8.64e15, -1, 0, Date.UTC(2024, 2, 28), 8.64e15]) {
      expect(windowsAt(assigner, t)).toEqual([[-Infinity, Infinity]]);
      expect(assigner.skipFor(assigner.paneOf(t), t, 0)).toBe(0);
      expect(assigner.lastEndedBy(t)).toBeLessThan(assigner.firstWindowOf(0));
    }
    expect(assigner.lastEndedBy(Infinity)).toBe(Infinity);
  });

  it('W1 W2: windows, skips and ends are those of the definition', () => {
    const draft = fc.record({
      size: fc.integer({ min: 1, max: 40 }),
      slide: fc.nat(),
      offset: fc.integer({ min: -50, max: 50 }),
      t: fc.integer({ min: -1000, max: 1000 }),
      watermark: fc.oneof(
        fc.integer({ min: -1000, max: 1000 }),
        fc.constantFrom(Infinity, -Infinity),
      ),
      grace: fc.nat(20),
    });
    fc.assert(
      fc.property(draft, ({ size, slide: seed, offset, t, watermark, grace }) => {
        const slide = 1 + (seed % size);
        const assigner = openAssigner(shapeOf(size, slide, offset));
        const naive: [number, number][] = [];
        const newest = Math.floor((t - offset) / slide) * slide + offset;
        for (let start = newest; start + size > t; start -= slide) {
          naive.unshift([start, start + size]);
        }
        expect(windowsAt(assigner, t)).toEqual(naive);
        const late = naive.filter(([, end]) => end + grace <= watermark).length;
        expect(assigner.skipFor(assigner.paneOf(t), watermark, grace)).toBe(late);
        if (Number.isFinite(watermark)) {
          const ended = assigner.lastEndedBy(watermark);
          expect(assigner.windowEnd(ended)).toBeLessThanOrEqual(watermark);
          expect(assigner.windowEnd(ended + 1)).toBeGreaterThan(watermark);
        }
      }),
    );
  });

  it('W1: days are local days, 23 and 25 hours long where the clock changes (Europe/Paris)', () => {
    const assigner = days('Europe/Paris', 1);
    expect(isoWindowsAt(assigner, '2024-03-30T23:30:00Z')).toEqual([
      '2024-03-30T23:00:00Z 2024-03-31T22:00:00Z',
    ]);
    expect(isoWindowsAt(assigner, '2024-03-31T22:00:00Z')).toEqual([
      '2024-03-31T22:00:00Z 2024-04-01T22:00:00Z',
    ]);
    expect(isoWindowsAt(assigner, '2024-10-27T22:59:59Z')).toEqual([
      '2024-10-26T22:00:00Z 2024-10-27T23:00:00Z',
    ]);
  });

  it('W1: days where half an hour is shifted (Australia/Lord_Howe)', () => {
    const assigner = days('Australia/Lord_Howe', 1);
    const lengthOf = (text: string): number => {
      const [[start, end] = [0, 0]] = windowsAt(assigner, at(text));
      return (end - start) / 3_600_000;
    };
    expect(lengthOf('2024-10-05T20:00:00Z')).toBe(23.5);
    expect(lengthOf('2024-04-06T20:00:00Z')).toBe(24.5);
    expect(lengthOf('2024-06-01T20:00:00Z')).toBe(24);
  });

  it('W1: days begin in the gap where midnight itself is skipped (America/Asuncion)', () => {
    // 2023-10-01: 23:59:59 −4 │ 01:00:00 −3
    expect(isoWindowsAt(days('America/Asuncion', 1), '2023-10-01T12:00:00Z')).toEqual([
      '2023-10-01T04:00:00Z 2023-10-02T03:00:00Z',
    ]);
  });

  it('W1: weeks start on Monday, in any zone, also if they slide', () => {
    const monday = '2024-04-01T22:00:00Z';
    const week = '2024-03-31T22:00:00Z 2024-04-07T22:00:00Z';
    expect(isoWindowsAt(days('Europe/Paris', 7), monday)).toEqual([week]);
    expect(isoWindowsAt(days('Europe/Paris', 14, 7), monday)).toEqual([
      '2024-03-24T23:00:00Z 2024-04-07T22:00:00Z',
      '2024-03-31T22:00:00Z 2024-04-14T22:00:00Z',
    ]);
    expect(isoWindowsAt(days('UTC', 10, 7), '2024-04-05T00:00:00Z')).toEqual([
      '2024-04-01T00:00:00Z 2024-04-11T00:00:00Z',
    ]);
  });

  it('W1: a day may begin at another hour of the clock', () => {
    const assigner = days('Europe/Paris', 1, 1, 6 * 3_600_000);
    expect(isoWindowsAt(assigner, '2024-03-31T03:59:59Z')).toEqual([
      '2024-03-30T05:00:00Z 2024-03-31T04:00:00Z',
    ]);
  });

  it('W1: panes of days cover all time, whatever the zone does', () => {
    const zones = fc.constantFrom(
      'Europe/Paris',
      'America/St_Johns',
      'America/Havana',
      'America/Asuncion',
      'Pacific/Apia',
      'Australia/Lord_Howe',
    );
    const instants = fc.integer({
      min: at('1985-01-01T00:00:00Z'),
      max: at('2030-01-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(
        zones,
        fc.integer({ min: 1, max: 9 }),
        fc.array(instants, { minLength: 1, maxLength: 8 }),
        (zone, size, all) => {
          const assigner = days(zone, size);
          for (const t of all) {
            const pane = assigner.paneOf(t);
            expect(assigner.startOf(pane)).toBeLessThanOrEqual(t);
            expect(assigner.startOf(pane + 1)).toBeGreaterThan(t);
          }
        },
      ),
    );
  });

  it('the newest window that has ended is known at any watermark', () => {
    const assigner = days('Europe/Paris', 1);
    const end = at('2024-03-31T22:00:00Z');
    const pane = assigner.paneOf(end - 1);
    expect(assigner.skipFor(pane, end - 1, 0)).toBe(0);
    expect(assigner.skipFor(pane, end, 0)).toBe(1);
    expect(assigner.skipFor(pane, end, 1)).toBe(0);
    expect(assigner.lastEndedBy(Infinity)).toBe(Infinity);
    expect(assigner.lastEndedBy(-Infinity)).toBe(-Infinity);
  });

  it('have the same panes with the same numbers where what is said of their panes is the same', () => {
    const sized = fc
      .record({
        size: fc.integer({ min: 1, max: 12 }),
        slide: fc.integer({ min: 1, max: 12 }),
        offset: fc.constantFrom(0, 1000),
        zone: fc.constantFrom(null, 'Europe/Paris', 'UTC'),
      })
      .filter(({ size, slide }) => slide <= size)
      .map(({ size, slide, offset, zone }): WindowShape => {
        if (zone === null) return shapeOf(size * 60_000, slide * 60_000, offset);
        const calendar = { timezone: zone, days: size, slideDays: slide };
        return { ...shapeOf(size * DAY, slide * DAY, offset), calendar };
      });
    const others = fc.constantFrom<WindowShape>(
      { kind: 'whole' },
      { kind: 'session', gapMs: 60_000, maxMs: DAY },
      { kind: 'session', gapMs: 1_000, maxMs: DAY },
    );
    const shape = fc.oneof({ arbitrary: sized, weight: 8 }, { arbitrary: others, weight: 1 });
    const instant = fc.integer({ min: -30 * DAY, max: 30 * DAY });
    let same = 0;
    fc.assert(
      fc.property(shape, shape, fc.array(instant, { minLength: 3 }), (a, b, times) => {
        if (panesOf(a) !== panesOf(b)) return;
        same++;
        const [first, second] = [openAssigner(a), openAssigner(b)];
        for (const t of times) {
          expect(second.paneOf(t)).toBe(first.paneOf(t));
          expect(second.startOf(first.paneOf(t))).toBe(first.startOf(first.paneOf(t)));
        }
      }),
      { numRuns: 1000 },
    );
    expect(same).toBeGreaterThan(20);
    expect(panesOf({ kind: 'count', size: 3 })).toBeNull();
    const five = shapeOf(5 * 60_000, 5 * 60_000);
    expect(panesOf(five)).toBe(panesOf(shapeOf(60 * 60_000, 5 * 60_000)));
    expect(panesOf(five)).not.toBe(panesOf(shapeOf(5 * 60_000, 5 * 60_000, 60_000)));
  });

  it('refuses windows that leave records out', () => {
    expect(() => openAssigner(shapeOf(10, 15))).toThrow(/windows of/);
  });
});
