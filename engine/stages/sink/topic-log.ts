/** `topic_log`: appends rows to a topic that is kept as files on this machine. */
import { checkColumn } from '../../plan/column.ts';
import { rowIdentity } from '../../plan/row-identity.ts';
import type { SinkStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** What normalising puts in the place of a `kafka` sink. */
export interface TopicLogSinkArgs {
  readonly topic: string;
  readonly key: string | null;
}

/** The internal `topic_log` sink. */
export const topicLogSinkKeyword: Keyword<TopicLogSinkArgs> = {
  keyword: 'topic_log',
  family: 'sink',
  summary: 'Appends rows to a topic kept in `.engine/topics`.',
  fields: fields.object({ topic: fields.topicName(), key: fields.maybe(fields.columnName()) }),
  aliases: [],
  example: '',
  internal: true,
};

/** The internal `topic_log` sink. */
export const topicLogSink: SinkStage<TopicLogSinkArgs> = {
  ...topicLogSinkKeyword,
  family: 'sink',
  plan({ topic, key }, input, context) {
    const { columns } = input;
    const path = [...context.path, 'key'];
    if (key !== null) checkColumn(key, input, { ...context, path });
    const config = { topic, key, identity: rowIdentity(input) };
    return { connector: { kind: 'topic_log', config, connection: null }, columns };
  },
};
