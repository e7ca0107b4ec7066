/** Windows from what counts in them, naively: all of it is there, and looked at once (W1, W6, W7). */
import type { StreamShape } from './stream-rules.ts';

/** A record, or a row of a window, that counts. */
export interface Counted {
  readonly k: string | null;
  /** Event time, seconds. */
  readonly t: number;
  readonly x: number;
  /** Starts of the windows it counts in, where windows have their place in time. */
  readonly starts: readonly number[];
  readonly partition: number;
}

/** A window of one key. */
export interface FoundWindow {
  readonly k: string | null;
  /** Seconds; of one that counts NaN, both. */
  readonly start: number;
  readonly end: number;
  /** What tells it from others of its key: its start, or its partition and number. */
  readonly name: string;
  readonly n: number;
  readonly total: number;
}

/** Starts of the windows that hold an instant, seconds (W1). */
export function startsAt(t: number, size: number, slide: number): number[] {
  const starts: number[] = [];
  for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
    starts.push(start);
  }
  return starts;
}

/** All windows in which something counts. What counts must be in the order of offsets, by partition. */
export function windowsOf(counted: readonly Counted[], shape: StreamShape): FoundWindow[] {
  const groups = Map.groupBy(counted, ({ k }) => k);
  return Array.from(groups).flatMap(([k, inside]) => {
    if (shape.kind === 'panes') return panesOf(k, inside, shape.size);
    if (shape.kind === 'session') return sessionsOf(k, inside, shape);
    return countsOf(k, inside, shape.size);
  });
}

type Key = Counted['k'];

const sumOf = (inside: readonly Counted[]) => ({
  n: inside.length,
  total: inside.reduce((sum, { x }) => sum + x, 0),
});

function panesOf(k: Key, counted: readonly Counted[], size: number): FoundWindow[] {
  const all = new Set(counted.flatMap(({ starts }) => starts));
  return Array.from(all, (start) => ({
    ...{ k, start, end: start + size, name: String(start) },
    ...sumOf(counted.filter(({ starts }) => starts.includes(start))),
  }));
}

function sessionsOf(
  k: Key,
  counted: readonly Counted[],
  { gap, max }: StreamShape & { kind: 'session' },
): FoundWindow[] {
  const sessions: Counted[][] = [];
  for (const each of counted.toSorted((a, b) => a.t - b.t)) {
    const session = sessions.at(-1);
    const last = session?.at(-1)?.t ?? -Infinity;
    const isNear = each.t - last < gap && Math.floor(each.t / max) === Math.floor(last / max);
    if (session !== undefined && isNear) session.push(each);
    else sessions.push([each]);
  }
  return sessions.map((inside) => {
    const start = inside[0]?.t ?? NaN;
    const end = Math.min((inside.at(-1)?.t ?? NaN) + gap, (Math.floor(start / max) + 1) * max);
    return { k, start, end, name: String(start), ...sumOf(inside) };
  });
}

function countsOf(k: Key, counted: readonly Counted[], size: number): FoundWindow[] {
  const partitions = Map.groupBy(counted, ({ partition }) => partition);
  return Array.from(partitions).flatMap(([partition, inside]) =>
    Array.from({ length: Math.ceil(inside.length / size) }, (_, index) => ({
      ...{ k, start: NaN, end: NaN, name: `${partition}/${index}` },
      ...sumOf(inside.slice(index * size, (index + 1) * size)),
    })),
  );
}

/**
 * Where reading that began inside a log has whole windows: those that begin before `line` may lack
 * records (R3). Counting begins wherever reading does (W7).
 */
export function isWhole({ start }: FoundWindow, shape: StreamShape, line: number): boolean {
  if (shape.kind === 'count') return true;
  if (shape.kind === 'panes') return start >= line;
  // A record a gap before it, less a millisecond, would belong to it, if not cut off by `max`.
  const stretch = Math.floor(start / shape.max) * shape.max;
  return Math.max(start - shape.gap + 0.001, stretch) >= line;
}

/** From where on windows over these lack none of their rows (R3, W8). */
export function lineAbove(shape: StreamShape, line: number): number {
  if (line === -Infinity || shape.kind === 'count') return -Infinity;
  const before = line - 0.001;
  if (shape.kind === 'session') return (Math.floor(before / shape.max) + 1) * shape.max;
  return Math.floor(before / shape.slide) * shape.slide + shape.size;
}
