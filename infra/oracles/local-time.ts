/** Wall-clock readings → instants, by asking Intl what the clock shows (T1). */

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What a wall clock of the zone shows at an instant, as epoch ms of the same reading in UTC. */
export function shownAt(epochMs: number, timezone: string): number {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone: timezone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    clocks.set(timezone, clock);
  }
  return (
    Date.parse(`${clock.format(epochMs).replace(' ', 'T')}Z`) + (((epochMs % 1000) + 1000) % 1000)
  );
}

const DAY_MS = 86_400_000;

/**
 * The instant of `2024-03-28 23:20:19` in a zone, epoch ms; NaN for text of another form or a date
 * that does not exist. A time that occurs twice is the earlier one; one that is skipped shifts forward.
 */
export function instantOf(text: string, timezone: string): number {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return NaN;
  const reading = Date.parse(`${text.replace(' ', 'T')}Z`);
  // Date.parse takes the 30th of February for the 1st of March.
  if (Number.isNaN(reading) || !new Date(reading).toISOString().startsWith(text.slice(0, 10))) {
    return NaN;
  }
  const offsets = [-DAY_MS, DAY_MS].map(
    (far) => shownAt(reading + far, timezone) - (reading + far),
  );
  const fitting = offsets
    .map((offset) => reading - offset)
    .filter((instant) => shownAt(instant, timezone) === reading);
  return fitting.length > 0 ? Math.min(...fitting) : reading - (offsets[0] as number);
}
