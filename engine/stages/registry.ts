/**
 * The stages this engine has: the one place that lists them.
 */
import type { Vocabulary } from '../spec/keyword.ts';
import type { Extensions } from '../core/extension/load.ts';
import type { Stage } from './contract.ts';
import { ownStage } from './own-stage.ts';
import { dedup } from './record/dedup.ts';
import { explode } from './record/explode.ts';
import { lookup } from './record/lookup.ts';
import { omit } from './record/omit.ts';
import { select } from './record/select.ts';
import { set } from './record/set.ts';
import { where } from './record/where.ts';
import { cassandra } from './sink/cassandra.ts';
import { fileSink } from './sink/file.ts';
import { kafkaSink } from './sink/kafka.ts';
import { sqlite } from './sink/sqlite.ts';
import { stdout } from './sink/stdout.ts';
import { topicLogSink } from './sink/topic-log.ts';
import { fileSource } from './source/file.ts';
import { httpPollSource } from './source/http-poll.ts';
import { kafkaSource } from './source/kafka.ts';
import { simulateSource } from './source/simulate.ts';
import { topicLogSource } from './source/topic-log.ts';
import { count } from './window/count.ts';
import { session } from './window/session.ts';
import { sliding } from './window/sliding.ts';
import { tumbling } from './window/tumbling.ts';
import { whole } from './window/whole.ts';

/** All stages, in the order of the reference. */
export const registry: readonly Stage[] = [
  kafkaSource,
  fileSource,
  httpPollSource,
  simulateSource,
  topicLogSource,
  where,
  dedup,
  lookup,
  explode,
  set,
  select,
  omit,
  tumbling,
  sliding,
  session,
  count,
  whole,
  cassandra,
  kafkaSink,
  fileSink,
  stdout,
  topicLogSink,
  sqlite,
];

/** All keywords of the language. */
export const vocabulary: Vocabulary = { keywords: registry };

/** The stages and keywords with those of extensions. */
export function stagesWith({ stages }: Pick<Extensions, 'stages'>): {
  readonly registry: readonly Stage[];
  readonly vocabulary: Vocabulary;
} {
  if (stages.length === 0) return { registry, vocabulary };
  const all = [...registry, ...stages.map((definition): Stage => ownStage(definition))];
  return { registry: all, vocabulary: { keywords: all } };
}
