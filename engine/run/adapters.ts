/** Connector kinds → clients: the one place that knows both. Clients are loaded when they are used. */
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import type {
  DeadLetterPort,
  SinkContext,
  SinkPort,
  SourceContext,
  SourcePort,
} from '../graph/ports.ts';
import type { Connector, SinkNode, SourceNode } from '../plan/planner.ts';

/** Opens the source of a node. `directory` is the project's root. */
export async function openSource(
  node: SourceNode,
  context: SourceContext,
  directory: string,
): Promise<SourcePort> {
  switch (node.connector.kind) {
    case 'kafka':
      return (await import('../io/kafka/source.ts')).kafkaSource(node, context);
    case 'simulate':
      return (await import('../io/embedded/simulate.ts')).simulateSource(node);
    case 'file':
      return (await import('../io/file/source.ts')).fileSource(node, context, directory);
    case 'http_poll':
      return (await import('../io/http/source.ts')).httpPollSource(node, context, directory);
    case 'topic_log':
      return (await import('../io/embedded/topic-log-source.ts')).topicLogSource(
        node,
        context,
        engineDirectory(directory),
      );
    default:
      throw unknown('source', node.connector);
  }
}

/** Opens the sink of a node. */
export async function openSink(
  node: SinkNode,
  context: SinkContext,
  directory: string,
): Promise<SinkPort> {
  switch (node.connector.kind) {
    case 'cassandra':
      return (await import('../io/cassandra/sink.ts')).cassandraSink(node, context);
    case 'sqlite':
      return (await import('../io/embedded/sqlite.ts')).sqliteSink(
        node,
        context,
        engineDirectory(directory),
      );
    case 'kafka':
      return (await import('../io/kafka/sink.ts')).kafkaSink(node, context);
    case 'topic_log':
      return (await import('../io/embedded/topic-log-sink.ts')).topicLogSink(
        node,
        context,
        engineDirectory(directory),
      );
    case 'file':
      return (await import('../io/file/sink.ts')).fileSink(node, context, directory);
    case 'stdout':
      return (await import('../io/file/stdout.ts')).stdoutSink(node, context);
    default:
      throw unknown('sink', node.connector);
  }
}

/** Opens the place for dead letters. */
export async function openDeadLetters(
  connector: Connector,
  context: SinkContext,
  directory: string,
): Promise<DeadLetterPort> {
  switch (connector.kind) {
    case 'kafka':
      return (await import('../io/kafka/dead-letters.ts')).kafkaDeadLetters(connector, context);
    case 'topic_log':
      return (await import('../io/embedded/topic-log-sink.ts')).topicLogDeadLetters(
        connector,
        context,
        engineDirectory(directory),
      );
    case 'file':
      return (await import('../io/file/dead-letters.ts')).fileDeadLetters(
        connector,
        context,
        directory,
      );
    default:
      throw unknown('place for dead letters', connector);
  }
}

/** Where the engine keeps what is its own. */
const engineDirectory = (project: string): string => join(project, '.engine');

const unknown = (what: string, { kind }: Connector): EngineError =>
  new EngineError('ENG_INVARIANT', `engine bug: no ${what} of kind ${kind}`);
