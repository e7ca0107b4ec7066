/** Where reading begins, and whether the log still is the one that was read before (R4). */
import { EngineError } from '../../errors.ts';
import type { OnDataLoss, ResumePoint } from '../../graph/ports.ts';
import type { TopicClient } from './kafka-port.ts';
import { readHeader } from './record-batch.ts';

/** Where a source begins without resume points: an end of the log, the group's offsets, or a time. */
export type StartAt = 'earliest' | 'latest' | 'committed' | number;

/** Everything known of the log when a start is checked. */
export interface LogState {
  readonly low: ReadonlyMap<number, number>;
  readonly high: ReadonlyMap<number, number>;
  /** Header found where the last batch read began, by partition; null when there is none. */
  readonly headers: ReadonlyMap<number, { baseOffset: number; crc: number } | null>;
}

/** One way in which the log is not what was read; `position` is where one could go on. */
export interface Difference {
  readonly partition: number;
  readonly text: string;
  readonly position: number;
}

/** Compares resume points with the log. Pure. */
export function differences(
  points: ReadonlyMap<number, ResumePoint>,
  log: LogState,
): readonly Difference[] {
  return [...points].flatMap(([partition, point]) => differencesOf(partition, point, log));
}

function differencesOf(partition: number, point: ResumePoint, log: LogState): Difference[] {
  const low = log.low.get(partition);
  const high = log.high.get(partition);
  const next = point.nextOffset;
  if (low === undefined || high === undefined) {
    return [{ partition, text: `partition ${partition} no longer exists`, position: next }];
  }
  if (next < low) {
    const text = `partition ${partition}: reading stopped before offset ${next}, the log now begins at ${low}: ${low - next} records are gone (retention or deletion)`;
    return [{ partition, text, position: low }];
  }
  if (next > high) {
    const text = `partition ${partition}: reading stopped before offset ${next}, the log now ends at ${high}: ${next - high} records are gone (truncated, or the topic was created anew)`;
    return [{ partition, text, position: high }];
  }
  const was = point.lastBatch;
  const is = log.headers.get(partition);
  if (was === null || is === undefined) return [];
  if (is?.baseOffset === was.baseOffset && is.crc === was.crc) return [];
  const now =
    is === null ? 'there is none' : `it begins at ${is.baseOffset} with crc ${hex(is.crc)}`;
  const text = `partition ${partition}: the record batch read last began at offset ${was.baseOffset} with crc ${hex(was.crc)}, now ${now}: this is another log (was the topic created anew?)`;
  return [{ partition, text, position: next }];
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');

/** What a start asks of the log. */
export type StartLog = Pick<
  TopicClient,
  'topic' | 'offsets' | 'committed' | 'fetch' | 'isCompacted'
>;

/** What a start needs to know. */
export interface StartOptions {
  readonly group: string;
  readonly start: StartAt;
  readonly points: ReadonlyMap<number, ResumePoint>;
  readonly onDataLoss: OnDataLoss;
  readonly onNotice: (text: string) => void;
}

/**
 * Next offset of every partition of the topic. Throws EngineError ENG_SOURCE_GAP with every
 * difference when resume points (or committed offsets) do not fit the log, unless `onDataLoss` is
 * `skip`.
 */
export async function startPositions(
  client: StartLog,
  options: StartOptions,
): Promise<Map<number, number>> {
  const low = await client.offsets('low');
  const high = await client.offsets('high');
  const points = new Map(options.points);
  const positions = new Map<number, number>();
  const fresh = [...low.keys()].filter((partition) => !points.has(partition));
  for (const [partition, position] of await freshPositions(client, options, { fresh, low, high })) {
    // A committed offset may be as wrong as a resume point.
    if (options.start === 'committed')
      points.set(partition, { nextOffset: position, lastBatch: null });
    positions.set(partition, position);
  }
  for (const [partition, point] of points) positions.set(partition, point.nextOffset);
  const headers = await readHeaders(client, points, { low, high });
  const found = differences(points, { low, high, headers });
  if (found.length > 0 && options.onDataLoss === 'stop') throw lossError(client.topic, found);
  for (const { partition, text, position } of found) {
    options.onNotice(`topic ${client.topic}, ${text}; going on at ${position} as told`);
    if (low.has(partition)) positions.set(partition, position);
    else positions.delete(partition);
  }
  return positions;
}

/** The error that names every difference. */
export const lossError = (topic: string, found: readonly Difference[]): EngineError =>
  new EngineError(
    'ENG_SOURCE_GAP',
    `topic ${topic} is not what was read before: ${found.map(({ text }) => text).join('; ')}. To go on without the missing records: --on-data-loss skip`,
    { context: { topic, partitions: found.map(({ partition }) => partition) } },
  );

async function freshPositions(
  client: StartLog,
  { start, group }: StartOptions,
  log: { fresh: readonly number[]; low: Map<number, number>; high: Map<number, number> },
): Promise<Map<number, number>> {
  const { fresh, low, high } = log;
  const pick = (from: ReadonlyMap<number, number>, otherwise: Map<number, number>) =>
    new Map(
      fresh.map((partition) => [partition, from.get(partition) ?? otherwise.get(partition) ?? 0]),
    );
  if (start === 'earliest' || fresh.length === 0) return pick(low, low);
  if (start === 'latest') return pick(high, high);
  if (start === 'committed') return pick(await client.committed(group, fresh), low);
  const found = [...(await client.offsets(start))].filter(([, offset]) => offset >= 0);
  return pick(new Map(found), high);
}

/** Reads the headers that the points' last batches should have; compacted topics have no such memory. */
async function readHeaders(
  client: StartLog,
  points: ReadonlyMap<number, ResumePoint>,
  log: Omit<LogState, 'headers'>,
): Promise<LogState['headers']> {
  const headers = new Map<number, { baseOffset: number; crc: number } | null>();
  const known = [...points].flatMap(([partition, { lastBatch, nextOffset }]) => {
    const low = log.low.get(partition) ?? Infinity;
    const high = log.high.get(partition) ?? -Infinity;
    // Outside the log there is nothing to compare; the offsets alone tell the difference.
    const isThere = lastBatch !== null && lastBatch.baseOffset >= low && nextOffset <= high;
    return isThere ? [{ partition, baseOffset: lastBatch.baseOffset }] : [];
  });
  if (known.length === 0 || (await client.isCompacted())) return headers;
  for (const { partition, baseOffset } of known) {
    const { bytes } = await client.fetch(partition, baseOffset, 1);
    headers.set(partition, readHeader(bytes, 0));
  }
  return headers;
}
