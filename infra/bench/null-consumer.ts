/**
 * Fetches and discards a topic through the SourcePort: the ceiling that the engine is measured
 * against.
 *
 *   node infra/bench/null-consumer.ts --topic weather [--runs 3] [--json]
 */
import { parseArgs } from 'node:util';
import type { SourceEvent } from '../../engine/graph/ports.ts';
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import type { KafkaConnection } from '../../engine/io/kafka/client.ts';
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
    runs: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const connection = connectionTo(values.brokers ?? process.env['KAFKA_BROKERS']);
for (let run = 0; run < Number(values.runs); run++) {
  const { events, bytes, frames, seconds, cpuSeconds } = await drain(values.topic, connection);
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
