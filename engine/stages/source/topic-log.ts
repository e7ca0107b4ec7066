/** `topic_log`: reads a topic that is kept as files on this machine. */
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { start } from '../../spec/start.ts';
import type { Start } from '../../spec/start.ts';

/** What normalising puts in the place of a `kafka` source. */
export interface TopicLogSourceArgs {
  readonly topic: string;
  readonly start: Start;
}

/** The internal `topic_log` source. */
export const topicLogSourceKeyword: Keyword<TopicLogSourceArgs> = {
  keyword: 'topic_log',
  family: 'source',
  summary: 'Reads a topic kept in `.engine/topics`.',
  fields: fields.object({ topic: fields.topicName(), start: start() }),
  aliases: [],
  example: '',
  internal: true,
  describe: ({ topic }) => `.engine/topics/${topic}`,
};

/** The internal `topic_log` source. */
export const topicLogSource: SourceStage<TopicLogSourceArgs> = {
  ...topicLogSourceKeyword,
  family: 'source',
  plan: (config) => ({
    connector: { kind: 'topic_log', config, connection: null },
    framing: 'kafka-v2',
    bounded: false,
  }),
};
