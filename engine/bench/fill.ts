/** Fills topics for `engine bench`. */
import { listTopics, withAdmin } from '../io/kafka/admin.ts';
import type { KafkaConnection } from '../io/kafka/client.ts';
import { TopicWriter } from '../io/kafka/topic-writer.ts';
import { EngineError } from '../errors.ts';
import { type BenchEvent, topicOf, type Workload, workloadEvents } from './workload.ts';

const BATCH = 2_000;

/** A topic that holds a workload. */
export interface Filled {
  readonly topic: string;
  /** 0 when it was there already. */
  readonly seconds: number;
}

/**
 * Makes sure that a topic holds the events of a workload, and nothing else. Throws EngineError when no
 * broker answers, or when a fill was broken off and the topic has to be removed first.
 */
export async function fill(
  connection: KafkaConnection,
  workload: Workload,
  onNotice: (text: string) => void,
): Promise<Filled> {
  const topic = topicOf(workload);
  const found = (await listTopics(connection)).find(({ name }) => name === topic);
  if (found?.records === workload.events) return { topic, seconds: 0 };
  if (found !== undefined) {
    throw new EngineError(
      'ENG_KAFKA_FAILED',
      `topic ${topic} holds ${found.records} events of ${workload.events}: is another bench filling it? Else \`engine bench --clean\` removes it`,
    );
  }
  onNotice(`filling topic ${topic} with ${workload.events.toLocaleString('en-US')} events`);
  const writer = new TopicWriter({
    ...{ connection, topic, clientId: 'engine-bench', partitions: workload.partitions, onNotice },
    ...{ signal: new AbortController().signal, retentionMs: -1 },
    compression: workload.compression,
  });
  await writer.open();
  const begun = performance.now();
  let batch: BenchEvent[] = [];
  for (const event of workloadEvents(workload)) {
    if (batch.push(event) < BATCH) continue;
    await writer.write(batch);
    batch = [];
  }
  await writer.write(batch);
  await writer.close();
  return { topic, seconds: (performance.now() - begun) / 1000 };
}

/** Removes the topics of benches; their names. */
export async function removeTopics(connection: KafkaConnection): Promise<readonly string[]> {
  const all = await listTopics(connection);
  const ours = all.map(({ name }) => name).filter((name) => name.startsWith('engine-bench-'));
  if (ours.length > 0) {
    await withAdmin(connection, 'removing topics', (admin) => admin.deleteTopics({ topics: ours }));
  }
  return ours;
}
