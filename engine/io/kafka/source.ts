import { setTimeout as pause } from 'node:timers/promises';
import type { SourceContext, SourcePort } from '../../graph/ports.ts';
import { EngineError } from '../../errors.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { DirectClient } from './direct-client.ts';
import { FETCH_BYTES, GroupConsumer } from './group-consumer.ts';
import type { Clock, GroupHandlers } from './kafka-port.ts';
import { clientIdOf } from './membership.ts';
import { type TopicReadingConfig, TopicSource } from './topic-source.ts';

/** The settings of a kafka source, as the planner leaves them. */
export interface KafkaSourceConfig extends TopicReadingConfig {
  readonly topic: string;
}

/** Beyond the records of a response: its envelope. */
const ENVELOPE_BYTES = 64 << 10;

const clock: Clock = {
  now: () => performance.now(),
  pause: (ms, signal) => pause(ms, undefined, { signal }),
};

/**
 * A source that reads a Kafka topic as raw record batches: no record is decoded here. See
 * reading.ts for the life of a subscription; one subscription at a time.
 */
export function kafkaSource(node: SourceNode, context: SourceContext): SourcePort {
  const { config, connection } = node.connector;
  if (connection === null) {
    throw new EngineError('ENG_INVARIANT', `source ${node.name} has no kafka connection`);
  }
  const { topic, group, start } = config as KafkaSourceConfig;
  const clientId = clientIdOf(context.pipeline);
  const kafka = {
    client: new DirectClient(connection, topic, clientId),
    clock,
    clientId,
    maxFrameBytes: FETCH_BYTES + ENVELOPE_BYTES,
    member: (handlers: GroupHandlers, partitions: number) =>
      new GroupConsumer({ connection, topic, group, clientId, partitions }, handlers),
  };
  return new TopicSource({ group, start }, kafka, context);
}
