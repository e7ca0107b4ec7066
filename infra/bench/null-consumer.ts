/**
 * Fetches and discards a topic: the ceiling that the engine is measured against. Through the
 * SourcePort, or by kafkajs over its own network path: record batches undecoded in both.
 *
 *   node infra/bench/null-consumer.ts --topic weather [--network kafkajs] [--runs 3] [--json]
 */
import { parseArgs } from 'node:util';
import type { SourceEvent } from '../../engine/graph/ports.ts';
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import { clientConfig, type KafkaConnection } from '../../engine/io/kafka/client.ts';
import { FETCH_BYTES } from '../../engine/io/kafka/group-consumer.ts';
import { cutBatches } from '../../engine/io/kafka/record-batch.ts';
import { privateKafkajs, type RawFetch } from '../../engine/io/kafka/seams.ts';
import { kafkaSource } from '../../engine/io/kafka/source.ts';
import type { SourceNode } from '../../engine/plan/planner.ts';

interface Drained {
  readonly events: number;
  readonly bytes: number;
  readonly frames: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A source node with nothing but what the adapter reads. */
function nodeOf(topic: string, connection: KafkaConnection): SourceNode {
  const config = { topic, group: `null-${process.pid}`, start: 'earliest' };
  const connector = { kind: 'kafka', config, connection };
  return { name: 'null', connector } as unknown as SourceNode;
}

/** What kafkajs hands over: here the undecoded batches of a partition as one message. */
interface Fetched {
  readonly batch: { readonly partition: number; readonly messages: readonly unknown[] };
  resolveOffset(offset: string): void;
}

/** The same by a consumer of kafkajs: a socket of its own, whose chunks it joins. */
async function drainByKafkajs(topic: string, connection: KafkaConnection): Promise<Drained> {
  const signal = new AbortController().signal;
  const context = { pipeline: 'null', signal, onNotice: () => undefined };
  const ends = await kafkaSource(nodeOf(topic, connection), context).ends();
  const wanted = [...ends.values()].reduce((sum, end) => sum + end, 0);
  const kafka = new (privateKafkajs().Kafka)(clientConfig(connection, 'null'));
  const consumer = kafka.consumer({
    groupId: `null-kafkajs-${process.pid}`,
    maxBytes: FETCH_BYTES,
    maxBytesPerPartition: 2 << 20,
    maxWaitTimeInMs: 50,
  });
  const positions = new Map<number, number>();
  let [events, bytes, frames, begun] = [0, 0, 0, 0];
  let cpu = process.cpuUsage();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async (fetched: Fetched): Promise<void> => {
      const { batch } = fetched;
      const { value } = batch.messages[0] as RawFetch;
      if (value.length === 0) return;
      if (begun === 0) {
        begun = performance.now();
        cpu = process.cpuUsage();
      }
      const from = positions.get(batch.partition) ?? 0;
      const { nextOffset } = cutBatches(value, from, []);
      positions.set(batch.partition, nextOffset);
      fetched.resolveOffset(String(nextOffset - 1));
      frames++;
      bytes += value.length;
      events += nextOffset - from;
      if (events >= wanted) resolve();
    };
    consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }).catch(reject);
  });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - begun) / 1000;
  return { events, bytes, frames, seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Reads a topic to its end; the clock runs from the first frame. */
async function drain(topic: string, connection: KafkaConnection): Promise<Drained> {
  const onNotice = (text: string): boolean => process.stderr.write(`${text}\n`);
  const signal = new AbortController().signal;
  const port = kafkaSource(nodeOf(topic, connection), { pipeline: 'null', signal, onNotice });
  const ends = await port.ends();
  const wanted = [...ends.values()].reduce((sum, end) => sum + end, 0);
  let events = 0;
  let bytes = 0;
  let frames = 0;
  let begun = 0;
  let cpu = process.cpuUsage();
  const take = (event: SourceEvent): void => {
    if (event.kind === 'notice') onNotice(event.text);
    if (event.kind !== 'frame') return;
    if (begun === 0) {
      begun = performance.now();
      cpu = process.cpuUsage();
    }
    frames++;
    for (const slice of event.frame.slices) {
      events += slice.nextOffset - slice.firstOffset;
      bytes += slice.length;
    }
    // Frees the bytes at once, as handing them to a worker does; else garbage collection is measured.
    event.frame.buffer.transfer(0);
  };
  await new Promise<void>((resolve, reject) => {
    const subscription = port.open(new Map()).subscribe({
      next: (event) => {
        take(event);
        if (events < wanted) return;
        subscription.unsubscribe();
        resolve();
      },
      error: reject,
    });
  });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - begun) / 1000;
  return { events, bytes, frames, seconds, cpuSeconds: (user + system) / 1e6 };
}

const { values } = parseArgs({
  options: {
    topic: { type: 'string', default: 'weather' },
    brokers: { type: 'string' },
    network: { type: 'string', default: 'own' },
    runs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const connection = connectionTo(values.brokers ?? process.env['KAFKA_BROKERS']);
const read = values.network === 'kafkajs' ? drainByKafkajs : drain;
for (let run = 0; run < Number(values.runs); run++) {
  const { events, bytes, frames, seconds, cpuSeconds } = await read(values.topic, connection);
  const rss = process.resourceUsage().maxRSS / 1024;
  if (values.json) {
    const perSecond = events / seconds;
    const cpuSecondsPerMillion = (cpuSeconds / events) * 1e6;
    const line = JSON.stringify({ perSecond, cpuSecondsPerMillion, peakRssMib: rss });
    process.stdout.write(`${line}\n`);
    continue;
  }
  process.stdout.write(
    `${events} events ${(events / seconds / 1e3).toFixed(0)} k/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s, ${(bytes / frames / 2 ** 20).toFixed(2)} MiB a frame, ${((cpuSeconds / events) * 1e6).toFixed(2)} CPU-s a million, peak RSS ${rss.toFixed(0)} MiB\n`,
  );
}
process.exit();
