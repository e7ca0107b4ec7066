/** What a source reads in a test: its records in partitions, in steps. */
import { SourceProgram } from '../../workers/program.ts';
import { hashText } from '../core/expression/murmur3.ts';
import type { Frame } from '../graph/ports.ts';
import type { Plan, SourceNode } from '../plan/planner.ts';
import { movableOf } from '../plan/test-order.ts';
import type { TestValues } from '../spec/test-spec.ts';
import { type TestRecord, recordsOf } from './test-records.ts';
import { shuffled } from './test-shuffle.ts';
import type { Variation } from './test-variations.ts';

/** Records of one partition that follow each other. */
interface Run {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

/** What is read at a time: records of some partitions, or nothing for a while. */
export type Step =
  | { readonly kind: 'records'; readonly runs: readonly Run[] }
  | { readonly kind: 'wait'; readonly waitMs: number };

/** The input of one source. */
export interface TestInput {
  readonly steps: readonly Step[];
  /** Records by partition, in the order of their offsets. */
  readonly logs: readonly (readonly TestRecord[])[];
}

interface Placed {
  readonly record: TestRecord;
  readonly partition: number;
  readonly eventTime: number;
}

/** Cuts the rows given to a source into steps, as a variation wants them. */
export function inputOf(
  source: number,
  rows: readonly TestValues[],
  plan: Plan,
  how: Variation,
): TestInput {
  const node = plan.sources[source] as SourceNode;
  const { split, ordered } = movableOf(node, plan);
  const timeOf = how.seed === null ? () => 0 : timesOf(source, plan);
  const place = (record: TestRecord): Placed => ({
    record,
    partition: partitionOf(record, split ?? [], how.partitions),
    eventTime: timeOf(record),
  });
  const logs: TestRecord[][] = [];
  const maxima = new Map<number, number>();
  const { outOfOrderMs } = node.watermark;
  const steps = recordsOf(node, rows).flatMap((part): Step[] => {
    if (typeof part === 'number') return [{ kind: 'wait', waitMs: part }];
    const placed = part.map(place);
    const moving = { seed: how.seed ?? 0, outOfOrderMs, isOrdered: ordered !== null };
    const inOrder = how.seed === null ? placed : shuffled(placed, moving, maxima);
    return batches(inOrder, how.batch).map((batch) => ({
      kind: 'records',
      runs: read(batch, logs),
    }));
  });
  return { steps, logs: Array.from(logs, (log: TestRecord[] | undefined) => log ?? []) };
}

/** The partition that a row names, or, split, that of its group. */
function partitionOf(
  { row, written }: TestRecord,
  split: readonly string[],
  partitions: number | null,
): number {
  if (partitions === null || '_partition' in row) return written.partition;
  const group = JSON.stringify(split.map((column) => row[column] ?? null));
  return (hashText(group, 0) >>> 0) % partitions;
}

function batches<T>(items: readonly T[], most: number): T[][] {
  const size = Math.min(most, items.length);
  if (size === 0) return [];
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Puts records into the logs; returns where they lie. */
function read(batch: readonly Placed[], logs: TestRecord[][]): Run[] {
  const by = Map.groupBy(batch, ({ partition }) => partition);
  return [...by].map(([partition, placed]) => {
    const log = (logs[partition] ??= []);
    const first = log.length;
    log.push(...placed.map(({ record }) => record));
    return { partition, first, next: log.length };
  });
}

/** The frame of some runs. */
export function frameOf({ logs }: TestInput, runs: readonly Run[]): Frame {
  const encoder = new TextEncoder();
  const slices: Frame['slices'][number][] = [];
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const { partition, first, next } of runs) {
    const texts = logs[partition]?.slice(first, next).map(({ text }) => `${text}\n`) ?? [];
    const bytes = encoder.encode(texts.join(''));
    const { length } = bytes;
    slices.push({ partition, start, length, firstOffset: first, nextOffset: next });
    parts.push(bytes);
    start += length;
  }
  return { buffer: new Uint8Array(Buffer.concat(parts)).buffer, slices };
}

/** Event times as the program of the workers reads them. */
function timesOf(source: number, plan: Plan): (record: TestRecord) => number {
  const program = new SourceProgram(plan, source, 0);
  return ({ text }) => {
    const buffer = new TextEncoder().encode(`${text}\n`).buffer;
    const place = { partition: 0, start: 0, length: buffer.byteLength };
    const slice = { ...place, firstOffset: 0, nextOffset: 1, maxEventTime: -Infinity };
    const reply = program.run({ source, buffer, slices: [slice], marks: [], late: null });
    return reply.slices[0]?.maxEventTime ?? -Infinity;
  };
}
