/** Windows in event time, rules W1 to W3 taken literally: record by record, window by window. */

/** A record that has reached a window stage, or only moved its partition's watermark. */
export interface TimedRecord {
  readonly partition: number;
  /** Epoch ms. */
  readonly time: number;
  /** Null for a record that an earlier stage filtered: it still moves the watermark (T2). */
  readonly entry: { readonly key: string; readonly value: number } | null;
}

/** A window stage; milliseconds. */
export interface WindowRules {
  readonly size: number;
  readonly slide: number;
  readonly grace: number;
  readonly outOfOrder: number;
}

/** One window of one key. */
export interface Window {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** Of the records that were not late, in the order they came. */
  readonly values: readonly number[];
  /** The same records as positions in the input. */
  readonly positions: readonly number[];
  /** False while the watermark has not passed end + grace: with `--until end`, a provisional row. */
  readonly complete: boolean;
}

interface Lists {
  readonly values: number[];
  readonly positions: number[];
}

/** What became of the records. */
export interface WindowResult {
  readonly windows: readonly Window[];
  /** Records late for all their windows, as positions in the input. */
  readonly late: readonly number[];
  /** Records late for some of their windows. */
  readonly latePartial: readonly number[];
}

/** Starts of the windows that hold an instant, newest first (W1). */
export function startsOf(
  time: number,
  { size, slide }: Pick<WindowRules, 'size' | 'slide'>,
): number[] {
  const starts: number[] = [];
  for (let start = Math.floor(time / slide) * slide; start + size > time; start -= slide) {
    starts.push(start);
  }
  return starts;
}

/**
 * Runs records, in offset order within each partition, through a window stage. `ended`: the input is
 * bounded and at its end (T7), so that all windows are complete.
 */
export function runWindows(
  records: readonly TimedRecord[],
  rules: WindowRules,
  { ended }: { ended: boolean },
): WindowResult {
  const open = new Map<string, Pick<Window, 'key' | 'start'> & Lists>();
  const greatest = new Map<number, number>();
  const late: number[] = [];
  const latePartial: number[] = [];
  records.forEach(({ partition, time, entry }, at) => {
    const before = greatest.get(partition) ?? -Infinity;
    greatest.set(partition, Math.max(before, time));
    if (entry === null) return;
    const starts = startsOf(time, rules);
    const inTime = starts.filter(
      (start) => start + rules.size + rules.grace > before - rules.outOfOrder,
    );
    for (const start of inTime) {
      const name = `${start} ${entry.key}`;
      const window = open.get(name) ?? { key: entry.key, start, values: [], positions: [] };
      window.values.push(entry.value);
      window.positions.push(at);
      open.set(name, window);
    }
    if (inTime.length === 0) late.push(at);
    else if (inTime.length < starts.length) latePartial.push(at);
  });
  const watermark = ended ? Infinity : Math.min(...greatest.values()) - rules.outOfOrder;
  const windows = [...open.values()].map(({ key, start, values, positions }) => {
    const end = start + rules.size;
    return { key, start, end, values, positions, complete: end + rules.grace <= watermark };
  });
  return { windows, late, latePartial };
}
