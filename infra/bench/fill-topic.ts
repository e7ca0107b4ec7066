/**
 * Fills a topic with workload W (workload-events.ts).
 *
 *   node infra/bench/fill-topic.ts --events 2000000 --topic weather [--compression gzip]
 */
import { parseArgs } from 'node:util';
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import type { Compression } from '../../engine/io/kafka/codecs.ts';
import { TopicWriter } from '../../engine/io/kafka/topic-writer.ts';
import { PARTITIONS, type WorkloadEvent, workloadEvents } from './workload-events.ts';

const BATCH = 2_000;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '2000000' },
    topic: { type: 'string', default: 'weather' },
    brokers: { type: 'string' },
    compression: { type: 'string', default: 'none' },
  },
});
const events = Number(values.events);
const writer = new TopicWriter({
  connection: connectionTo(values.brokers ?? process.env['KAFKA_BROKERS']),
  topic: values.topic,
  clientId: 'engine-bench',
  signal: new AbortController().signal,
  onNotice: (text) => process.stderr.write(`${text}\n`),
  partitions: PARTITIONS,
  retentionMs: -1,
  compression: values.compression as Compression,
});
await writer.open();
const begun = performance.now();
let batch: WorkloadEvent[] = [];
for (const event of workloadEvents(events)) {
  batch.push(event);
  if (batch.length < BATCH) continue;
  await writer.write(batch);
  batch = [];
}
await writer.write(batch);
await writer.close();
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(`${events} events into ${values.topic} in ${seconds.toFixed(1)} s\n`);
