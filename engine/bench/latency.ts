/**
 * Open loop: events are sent when they are due, and carry that time. What is measured is the time from
 * when the record that closes a window was due to the acknowledgement of the window's row.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import { withAdmin } from '../io/kafka/admin.ts';
import { TopicWriter } from '../io/kafka/topic-writer.ts';
import { startNode } from './child.ts';
import { latencyDefinition } from './definition.ts';
import { type Latencies, LatencyHistogram } from './histogram.ts';
import type { Acknowledged } from './latency-run.ts';
import { DueEvents } from './due-events.ts';
import { type Bench, dropTables, KEYSPACE } from './places.ts';
import { Schedule } from './schedule.ts';

/** What to send. */
export interface LatencySettings {
  readonly eventsPerSecond: number;
  readonly durationMs: number;
  readonly keys: number;
  readonly partitions: number;
  readonly windowMs: number;
  /** Size of an event; 0: as of workload W. */
  readonly bytes: number;
}

/** What became of it. */
export interface LatencyResult {
  readonly eventsPerSecond: number;
  readonly latencies: Latencies;
  /** The longest from when an event was due until the broker had it, ms: the sender's part. */
  readonly senderBehindMs: number;
  readonly windows: number;
}

/** Windows that end so soon after the start are not counted: code is not compiled yet. */
const WARM_UP_MS = 3_000;
const TICK_MS = 2;
/** Of an event of workload W. */
const USUAL_BYTES = 510;
/** How long the rows of the last window may take. */
const PATIENCE_MS = 15_000;

/** Measures one rate. Throws EngineError when a row does not come, or counts other events than were sent. */
export async function measureLatency(
  settings: LatencySettings,
  bench: Bench,
): Promise<LatencyResult> {
  const topic = `engine-bench-latency-${process.pid}-${Date.now()}`;
  const writer = new TopicWriter({
    ...{ connection: bench.connection, topic, clientId: 'engine-bench', retentionMs: 3_600_000 },
    ...{ partitions: settings.partitions, onNotice: bench.onNotice },
    signal: new AbortController().signal,
  });
  await writer.open();
  const file = join(bench.project, 'latency.yaml');
  const places = { ...bench, topic, keyspace: KEYSPACE };
  writeFileSync(file, latencyDefinition(settings.windowMs, places));
  const acknowledged: Acknowledged[] = [];
  const child = startNode([bench.program.latencyRun, file, bench.project], bench.project, (line) =>
    acknowledged.push(JSON.parse(line) as Acknowledged),
  );
  child.ended.catch(() => undefined);
  try {
    const { schedule, senderBehindMs } = await send(settings, writer, child.ended);
    const last = Math.max(...schedule.closedBy.keys());
    const deadline = performance.now() + PATIENCE_MS;
    const isThere = (): boolean =>
      acknowledged.some(({ windows }) => windows.some(([end]) => end === last));
    while (!isThere() && performance.now() < deadline) await Promise.race([pause(20), child.ended]);
    const { eventsPerSecond } = settings;
    return { eventsPerSecond, senderBehindMs, ...resultOf(schedule, acknowledged, settings.keys) };
  } finally {
    child.process.kill('SIGTERM');
    await child.ended.catch(() => undefined);
    await writer.close();
    await dropTables(bench);
    await withAdmin(bench.connection, 'removing a topic', (admin) =>
      admin.deleteTopics({ topics: [topic] }),
    );
  }
}

async function send(
  settings: LatencySettings,
  writer: TopicWriter,
  ended: Promise<void>,
): Promise<{ schedule: Schedule; senderBehindMs: number }> {
  const now = (): number => performance.timeOrigin + performance.now();
  const startMs = now() + WARM_UP_MS / 2;
  const schedule = new Schedule({ ...settings, startMs });
  const endMs = startMs + WARM_UP_MS + settings.durationMs;
  const events = new DueEvents(settings.bytes === 0 ? USUAL_BYTES : settings.bytes);
  let senderBehindMs = 0;
  const failure = new AbortController();
  const failed = (error: unknown): void => failure.abort(error);
  ended.then(() => failed(new EngineError('ENG_RUN_FAILED', 'the measured run ended')), failed);
  while (now() < endMs && !failure.signal.aborted) {
    const messages = [];
    const until = now();
    const firstMs = schedule.nextMs;
    while (schedule.nextMs <= until) {
      const { key, partition, dueMs } = schedule.take();
      messages.push({ ...events.at(key, dueMs), partition });
    }
    const sent = (): void => {
      if (firstMs >= startMs + WARM_UP_MS)
        senderBehindMs = Math.max(senderBehindMs, now() - firstMs);
    };
    if (messages.length > 0) writer.write(messages).then(sent, failed);
    await pause(TICK_MS);
  }
  failure.signal.throwIfAborted();
  await writer.flush();
  return { schedule, senderBehindMs };
}

/** Latencies of all windows behind the warm-up. */
function resultOf(
  { closedBy, events }: Schedule,
  acknowledged: readonly Acknowledged[],
  keys: number,
): Pick<LatencyResult, 'latencies' | 'windows'> {
  const counts = new Map<number, { rows: number; records: number }>();
  const histogram = new LatencyHistogram();
  const measured = [...closedBy].toSorted(([a], [b]) => a - b);
  const from = (measured[0]?.[0] ?? 0) + WARM_UP_MS;
  for (const { at, windows } of acknowledged) {
    for (const [end, rows, records] of windows) {
      const so = counts.get(end) ?? { rows: 0, records: 0 };
      counts.set(end, { rows: so.rows + rows, records: so.records + records });
      const closed = closedBy.get(end);
      if (closed !== undefined && end >= from) histogram.add(at - closed, rows);
    }
  }
  for (const [end] of measured) {
    const { rows = 0, records = 0 } = counts.get(end) ?? {};
    const sent = events.get(end) ?? 0;
    if (records !== sent || rows > keys) {
      throw new EngineError(
        'ENG_RUN_FAILED',
        `the window up to ${new Date(end).toISOString()} has ${records} of ${sent} events in ${rows} rows`,
      );
    }
  }
  const windows = measured.filter(([end]) => end >= from).length;
  return { latencies: histogram.latencies, windows };
}
