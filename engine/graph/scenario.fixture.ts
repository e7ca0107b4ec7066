/** One small pipeline for tests of the graph: its plan, logs as bytes, and what must come out. */
import fc from 'fast-check';
import { type Cell, type RowBatch, cellOf } from '../core/batch.ts';
import { planned } from '../plan/definition.fixture.ts';
import type { Frame } from './ports.ts';

/** Tumbling and sliding windows, a row-wise sink, late records as dead letters. */
export const plan = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s }
stages:
  tens: { from: readings, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x), head: first(x), tail: last(x) }, late: dead_letter }
  slides: { from: readings, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), low_at: 'min_by(t, x)', high: 'approx_percentile(x, 0.75)' } }
sinks:
  tens: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  rows: { from: readings, where: x > 5, stdout: json }
`);

/** One record. */
export interface Event {
  readonly k: string | null;
  readonly t: number;
  readonly x: number;
}

/** The records of a partition; an offset is an index. */
export type Log = readonly Event[];

/** A record with its place in the order of O1. */
interface Placed extends Event {
  readonly partition: number;
  readonly offset: number;
}

const inOrder = (records: readonly Placed[]): Placed[] =>
  records.toSorted((a, b) => a.t - b.t || a.partition - b.partition || a.offset - b.offset);

/** What a window of `tens` or `slides` says of its records. */
function resultsOf(stage: string, records: readonly Placed[]): (number | undefined)[] {
  const ordered = inOrder(records);
  const values = ordered.map(({ x }) => x);
  const low = ordered.find(({ x }) => x === Math.min(...values));
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted.find((_, i) => i + 1 >= 0.75 * sorted.length);
  if (stage === 'slides') return [records.length, low?.t, high];
  return [records.length, values.reduce((a, b) => a + b, 0), values[0], values.at(-1)];
}

/** The whole pipeline, record by record, straight from the rules W1 to W3 and O1. */
export function oracle(logs: readonly Log[]): { rows: string[]; late: string[] } {
  const rows = new Map<string, Placed[]>();
  const late: string[] = [];
  const out: string[] = [];
  logs.forEach((log, partition) => {
    let max = -Infinity;
    log.forEach(({ k, t, x }, offset) => {
      const watermark = max - 5;
      if (x > 5) out.push(`rows ${JSON.stringify(k)} ${t} ${x}`);
      const count = (stage: string, size: number, slide: number, grace: number): boolean => {
        let in1 = false;
        for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
          if (start + size + grace <= watermark) continue;
          in1 = true;
          const key = `${stage} ${JSON.stringify(k)} ${start}`;
          const row = rows.get(key) ?? [];
          row.push({ k, t, x, partition, offset });
          rows.set(key, row);
        }
        return in1;
      };
      if (!count('tens', 10, 10, 3)) late.push(`${partition}@${offset}`);
      count('slides', 25, 10, 0);
      max = Math.max(max, t);
    });
  });
  for (const [key, records] of rows) {
    const results = resultsOf(key.slice(0, key.indexOf(' ')), records);
    out.push([key, ...results].join(' '));
  }
  return { rows: out.sort(), late: late.sort() };
}

/** The rows of a batch for sink `name`, in the words of the oracle. */
export function rowTexts(name: string, batch: RowBatch): string[] {
  return Array.from({ length: batch.length }, (_, row) => {
    const cells = batch.vectors.map((vector): Cell => cellOf(vector, row));
    if (name === 'rows') {
      const [k, ...others] = cells;
      return `rows ${JSON.stringify(k)} ${others.map(String).join(' ')}`;
    }
    const [k, start, end, ...results] = cells;
    const isCounted = name.startsWith('count_');
    const window = isCounted ? `${String(start)}/${String(end)}` : Number(start) / 1000;
    const head = `${name} ${JSON.stringify(k)} ${window}`;
    return `${head} ${results.map(String).join(' ')}`;
  });
}

const encode = (events: Log): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(''));

/** Records of one partition from offset `first` on. */
export interface Run {
  readonly partition: number;
  readonly first: number;
  readonly events: Log;
}

/** A frame with a run of each partition. */
export function frameOf(runs: readonly Run[]): Frame {
  const parts = runs.map(({ events }) => encode(events));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  const slices = runs.map(({ partition, first, events }, i) => {
    const part = parts[i] as Uint8Array;
    bytes.set(part, start);
    const slice = {
      partition,
      start,
      length: part.length,
      firstOffset: first,
      nextOffset: first + events.length,
    };
    start += part.length;
    return slice;
  });
  return { buffer: bytes.buffer, slices };
}

const event: fc.Arbitrary<Event> = fc.record({
  k: fc.constantFrom('a', 'b', '', 'null', null),
  t: fc.integer({ min: -20, max: 120 }),
  x: fc.integer({ min: 0, max: 9 }),
});

/** One to three partitions of a few dozen records, in any order of time. */
export const anyLogs: fc.Arbitrary<Log[]> = fc.array(fc.array(event, { maxLength: 40 }), {
  minLength: 1,
  maxLength: 3,
});
