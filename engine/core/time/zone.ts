/**
 * Time zones: what a wall clock shows when, and back (T1). Offsets come from the runtime, asked once per
 * UTC day and cached, so that the hot path is two compares.
 *
 * A local time that daylight saving skips is read with the offset before the change (it shifts
 * forward by the gap); one that occurs twice is ambiguous:
 *
 *     Europe/Paris 2024-03-31   01:59:59 +1 │ 03:00:00 +2      02:30 is read as 03:30 +2
 *     Europe/Paris 2024-10-27   02:59:59 +2 │ 02:00:00 +1      02:30 is 00:30Z (earlier) or 01:30Z
 */
import { EngineError } from '../../errors.ts';
import { daysOf, DAY_MS } from './civil.ts';
import { type ZoneClock, zoneClock } from './zone-clock.ts';

/** What to do with a local time that occurs twice. `dead_letter` reads it as NaN. */
export type Ambiguous = 'earlier' | 'later' | 'dead_letter';

/** One time zone. Holds a cache: every thread opens its own. */
export interface Zone {
  readonly name: string;
  /** Local minus UTC at an instant, ms. */
  offsetAt(epochMs: number): number;
  /** The instant of a wall-clock reading (local ms), or NaN when it is ambiguous and refused. */
  epochOf(localMs: number, ambiguous: Ambiguous): number;
}

/** Offset through one UTC day; it changes at `changesAt`, or never (Infinity). */
interface ZoneDay {
  readonly before: number;
  readonly after: number;
  readonly changesAt: number;
}

/** Offsets lie between −12 h and +14 h; more than history knows. */
const MOST_OFFSET = 16 * 3_600_000;
/** Junk dates must not fill memory: the cache starts over after that many days. */
const DAYS_CACHED = 8192;
const EARLIEST = daysOf(1, 1, 2) * DAY_MS;
const LATEST = daysOf(9999, 12, 30) * DAY_MS;

const utc: Zone = { name: 'UTC', offsetAt: () => 0, epochOf: (localMs) => localMs };

/** Whether a zone of that name is known. */
export const isZone = (name: string): boolean => zoneClock(name) !== null;

/** Opens a zone by its IANA name or offset. Throws ENG_INVARIANT for one that `isZone` denies. */
export function openZone(name: string): Zone {
  if (name === 'UTC') return utc;
  const clock = zoneClock(name);
  if (clock === null) throw new EngineError('ENG_INVARIANT', `engine bug: no time zone ${name}`);
  return new CachedZone(name, clock);
}

class CachedZone implements Zone {
  readonly name: string;
  readonly #clock: ZoneClock;
  readonly #days = new Map<number, ZoneDay>();
  /** By beginning of a local day: the change that can touch it. */
  readonly #changes = new Map<number, ZoneDay>();
  // The last UTC day looked at, and the last stretch of local time without any change.
  #dayFrom = Infinity;
  #day: ZoneDay = { before: 0, after: 0, changesAt: Infinity };
  #plainFrom = Infinity;
  #plainUntil = -Infinity;
  #plainOffset = 0;

  constructor(name: string, clock: ZoneClock) {
    this.name = name;
    this.#clock = clock;
  }

  offsetAt(epochMs: number): number {
    const day = this.#dayAt(epochMs);
    return epochMs < day.changesAt ? day.before : day.after;
  }

  epochOf(localMs: number, ambiguous: Ambiguous): number {
    if (localMs >= this.#plainFrom && localMs < this.#plainUntil) {
      return localMs - this.#plainOffset;
    }
    return this.#search(localMs, ambiguous);
  }

  #search(localMs: number, ambiguous: Ambiguous): number {
    const from = Math.floor(localMs / DAY_MS) * DAY_MS;
    const until = from + DAY_MS;
    const { before, after, changesAt } = this.#changeNear(from);
    const low = changesAt + Math.min(before, after);
    const high = changesAt + Math.max(before, after);
    if (localMs < low) return this.#plain(from, Math.min(until, low), before, localMs);
    if (localMs >= high) return this.#plain(Math.max(from, high), until, after, localMs);
    if (after > before) return localMs - before; // skipped: shifts forward
    if (ambiguous === 'dead_letter') return NaN;
    return ambiguous === 'earlier' ? localMs - before : localMs - after;
  }

  #plain(from: number, until: number, offset: number, localMs: number): number {
    this.#plainFrom = from;
    this.#plainUntil = until;
    this.#plainOffset = offset;
    return localMs - offset;
  }

  /** The change that can touch a local day. No zone is known to change twice within three days. */
  #changeNear(from: number): ZoneDay {
    const known = this.#changes.get(from);
    if (known !== undefined) return known;
    const last = from + DAY_MS + MOST_OFFSET;
    let day = this.#dayAt(from - MOST_OFFSET);
    for (let at = from; day.changesAt === Infinity && at <= last; at += DAY_MS / 3) {
      day = this.#dayAt(at);
    }
    if (this.#changes.size >= DAYS_CACHED) this.#changes.clear();
    this.#changes.set(from, day);
    return day;
  }

  #dayAt(epochMs: number): ZoneDay {
    if (epochMs >= this.#dayFrom && epochMs < this.#dayFrom + DAY_MS) return this.#day;
    const from = Math.floor(epochMs / DAY_MS) * DAY_MS;
    let day = this.#days.get(from);
    if (day === undefined) {
      day = this.#readDay(from);
      if (this.#days.size >= DAYS_CACHED) this.#days.clear();
      this.#days.set(from, day);
    }
    this.#dayFrom = from;
    this.#day = day;
    return day;
  }

  #readDay(from: number): ZoneDay {
    const before = this.#ask(from);
    const after = this.#ask(from + DAY_MS);
    if (before === after) return { before, after, changesAt: Infinity };
    let low = from;
    let high = from + DAY_MS;
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    return { before, after, changesAt: high };
  }

  /** Asks at a whole second. Dates beyond the years 1–9999 take the offset at that end. */
  #ask(epochMs: number): number {
    return this.#clock(Math.min(LATEST, Math.max(EARLIEST, epochMs)));
  }
}
