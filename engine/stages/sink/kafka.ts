/** `kafka`: writes rows to a topic. */
import { connectionOrReport } from '../../plan/connection.ts';
import { checkColumn } from '../../plan/column.ts';
import { rowIdentity } from '../../plan/row-identity.ts';
import type { SinkStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Validated fields of the `kafka` sink. */
export interface KafkaSinkArgs {
  /** Name of the connection; null: the one called `kafka`. */
  readonly connection: string | null;
  readonly topic: string;
  /** Column whose value is the message key; null: none. */
  readonly key: string | null;
}

/** The `kafka` sink as the language sees it. */
export const kafkaSinkKeyword: Keyword<KafkaSinkArgs> = {
  keyword: 'kafka',
  family: 'sink',
  summary:
    'Writes each row as JSON to a topic of Kafka, at least once, with an id to deduplicate by.',
  fields: fields.object({
    connection: fields.maybe(
      fields.identifier('a connection').describe('Which connection, when not `kafka`.'),
    ),
    topic: fields.topicName().describe('The topic.'),
    key: fields.maybe(fields.columnName().describe('Column whose value is the message key.')),
  }),
  aliases: ['redpanda', 'kafka_sink'],
  example: 'kafka: { topic: heat-alerts, key: city }',
};

/** The `kafka` sink. */
export const kafkaSink: SinkStage<KafkaSinkArgs> = {
  ...kafkaSinkKeyword,
  family: 'sink',
  plan({ connection: name, topic, key }, input, context) {
    const { columns } = input;
    const connection = connectionOrReport('kafka', name, context);
    if (key !== null) checkColumn(key, input, { ...context, path: [...context.path, 'key'] });
    if (connection === null) return null;
    const config = { topic, key, identity: rowIdentity(input) };
    return { connector: { kind: 'kafka', config, connection }, columns };
  },
};
