/** Two sources for pipelines of tests, their logs, and where their records stand by the rules. */
import type { Event, Log } from './scenario.fixture.ts';

/** Sources of a definition: records of `b` have other names and another clock than those of `a`. */
export const twoSources = `sources:
  b:
    file: b.ndjson
    schema: { at: { path: t, type: long! }, name: { path: k, type: string }, value: { path: x, type: double! } }
    event_time: { column: at, unit: s }
    watermark: { out_of_order: 2s, idle: 20s }
  a:
    file: a.ndjson
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s, max_drift: 40s }`;

/** The logs of a source by partition. */
export interface Logs {
  readonly a: readonly Log[];
  readonly b: readonly Log[];
}

/** A record where it lies; watermarks are those of its partition, in seconds. */
export interface Placed extends Event {
  readonly source: 'a' | 'b';
  readonly partition: number;
  readonly offset: number;
  /** The watermark before it. */
  readonly watermark: number;
  /** The watermark with it. */
  readonly place: number;
}

const WAITS = { a: 5, b: 2 };

/** All records as they lie in their logs. */
export function placed(logs: Logs): Placed[] {
  return (['a', 'b'] as const).flatMap((source) =>
    logs[source].flatMap((log, partition) => {
      let max = -Infinity;
      return log.map((event, offset): Placed => {
        const watermark = max - WAITS[source];
        max = Math.max(max, event.t);
        return { ...event, source, partition, offset, watermark, place: max - WAITS[source] };
      });
    }),
  );
}

/** By the names of their sources, partitions and offsets. */
export const byPosition = (p: Placed, q: Placed): number =>
  p.source.localeCompare(q.source) || p.partition - q.partition || p.offset - q.offset;

/** O1. */
export const inOrder = <T extends Placed>(all: readonly T[]): T[] =>
  all.toSorted((p, q) => p.t - q.t || byPosition(p, q));

/** `source partition@offset`. */
export const positionOf = ({ source, partition, offset }: Placed): string =>
  `${source} ${partition}@${offset}`;
