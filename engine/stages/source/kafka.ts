/** `kafka`: reads a topic. */
import { connectionOrReport } from '../../plan/connection.ts';
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { start } from '../../spec/start.ts';
import type { Start } from '../../spec/start.ts';

/** Validated fields of the `kafka` source. */
export interface KafkaSourceArgs {
  /** Name of the connection; null: the one called `kafka`. */
  readonly connection: string | null;
  readonly topic: string;
  /** Consumer group; null: one named after the pipeline. */
  readonly group: string | null;
  readonly start: Start;
}

/** The `kafka` source as the language sees it. */
export const kafkaKeyword: Keyword<KafkaSourceArgs> = {
  keyword: 'kafka',
  family: 'source',
  summary: 'Reads a topic of Kafka, all its partitions.',
  fields: fields.object({
    connection: fields.maybe(
      fields.identifier('a connection').describe('Which connection, when not `kafka`.'),
    ),
    topic: fields.topicName().describe('The topic.'),
    group: fields.maybe(
      fields.text().describe('Consumer group (default: the name of the pipeline).'),
    ),
    start: fields.otherwise(
      start().describe(
        'Where a first run begins: earliest, latest or a time such as 2024-03-28T00:00:00Z (default earliest).',
      ),
      'earliest',
    ),
  }),
  aliases: ['kafka_source', 'redpanda'],
  example: 'kafka: { topic: kafka-weather-events, group: weather, start: earliest }',
  describe: ({ topic }) => `the topic ${topic}`,
};

/** The `kafka` source. */
export const kafkaSource: SourceStage<KafkaSourceArgs> = {
  ...kafkaKeyword,
  family: 'source',
  plan({ connection: name, topic, group, start: from }, context) {
    const connection = connectionOrReport('kafka', name, context);
    if (connection === null) return null;
    const config = { topic, group: group ?? context.pipeline, start: from };
    return {
      connector: { kind: 'kafka', config, connection },
      framing: 'kafka-v2',
      bounded: false,
    };
  },
};
