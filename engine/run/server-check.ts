/** What the servers of a definition say of it (`engine check --connect`). Nothing is created or changed. */
import { suggest } from '../core/suggest.ts';
import { EngineError, messageOf } from '../errors.ts';
import { connectionOf, tableOf } from '../io/table/table.ts';
import type { Connector, Plan, SinkNode } from '../plan/planner.ts';

/** One thing that was found. */
export interface ServerFinding {
  readonly severity: 'ok' | 'warning' | 'error';
  /** What it is about: `source readings`, `sink heat`, `dead letters`. */
  readonly at: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Asks the brokers and the Cassandra nodes of a plan for the topics and tables it names; a server that does not
 * answer is an error of what needs it. Connectors without a server have no findings.
 */
export async function checkServers(
  plan: Plan,
  onNotice: (text: string) => void,
): Promise<readonly ServerFinding[]> {
  return [...(await checkTopics(plan)), ...(await checkTables(plan, onNotice))];
}

interface TopicUse {
  readonly at: string;
  readonly isRead: boolean;
  readonly connector: Connector;
}

const topicOf = ({ config }: Connector): string => (config as { readonly topic: string }).topic;

async function checkTopics({ sources, sinks, errors }: Plan): Promise<ServerFinding[]> {
  const uses: TopicUse[] = [
    ...sources.map(({ name, connector }) => ({ at: `source ${name}`, isRead: true, connector })),
    ...sinks.map(({ name, connector }) => ({ at: `sink ${name}`, isRead: false, connector })),
    { at: 'dead letters', isRead: false, connector: errors.deadLetter },
  ].filter(({ connector }) => connector.kind === 'kafka');
  const byServer = Map.groupBy(uses, ({ connector }) => JSON.stringify(connector.connection));
  const found = await Promise.all([...byServer.values()].map(checkBroker));
  return found.flat();
}

async function checkBroker(uses: readonly TopicUse[]): Promise<ServerFinding[]> {
  const connection = uses[0]?.connector.connection ?? null;
  if (connection === null) return [];
  const { topicStates } = await import('../io/kafka/topic-state.ts');
  try {
    const names = uses.map(({ connector }) => topicOf(connector));
    const { states, all } = await topicStates(connection, names);
    return uses.map(({ at, isRead, connector }): ServerFinding => {
      const topic = topicOf(connector);
      const state = states.get(topic) ?? null;
      if (state !== null) return topicFinding(at, topic, { ...state, isRead });
      const message = `there is no topic ${topic} on ${connection.addresses.join(', ')}`;
      if (!isRead) return { severity: 'ok', at, message: `${message}: \`engine run\` creates it` };
      const near = suggest(
        topic,
        all.filter((name) => !name.startsWith('__')),
      );
      const hint =
        near === null ? 'see what there is with `engine topics`' : `did you mean ${near}?`;
      return { severity: 'error', at, message, hint };
    });
  } catch (error) {
    return uses.map(({ at }) => ({ severity: 'error', at, message: messageOf(error) }));
  }
}

function topicFinding(
  at: string,
  topic: string,
  {
    partitions,
    isStampedByProducers,
    isRead,
  }: {
    readonly partitions: number;
    readonly isStampedByProducers: boolean;
    readonly isRead: boolean;
  },
): ServerFinding {
  const there = `topic ${topic} has ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`;
  if (!isRead || !isStampedByProducers) return { severity: 'ok', at, message: there };
  return {
    severity: 'warning',
    at,
    message: `${there}; its producers say when a record came, so \`max_future\` and \`record_time\` go by their clocks (T3)`,
    hint: 'set message.timestamp.type of the topic to LogAppendTime where they cannot be trusted',
  };
}

async function checkTables(
  { sinks }: Plan,
  onNotice: (text: string) => void,
): Promise<ServerFinding[]> {
  const found: ServerFinding[] = [];
  for (const node of sinks) {
    if (node.connector.kind === 'cassandra') found.push(await checkOneTable(node, onNotice));
  }
  return found;
}

async function checkOneTable(
  node: SinkNode,
  onNotice: (text: string) => void,
): Promise<ServerFinding> {
  const at = `sink ${node.name}`;
  const { acquireClient } = await import('../io/cassandra/client.ts');
  const { checkTable, readStoredTable } = await import('../io/cassandra/schema.ts');
  const context = { signal: new AbortController().signal, onNotice };
  try {
    const table = tableOf(node);
    const name = `${table.keyspace}.${table.table}`;
    const { client, release } = await acquireClient(connectionOf(node), context);
    try {
      if ((await readStoredTable(client, table.keyspace, table.table)) === null) {
        const message = `there is no table ${name}: \`engine run\` or \`engine ddl --apply\` creates it`;
        return { severity: 'ok', at, message };
      }
      await checkTable(client, table);
      return { severity: 'ok', at, message: `table ${name} is there and fits` };
    } finally {
      await release();
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { severity: 'error', at, message: error.message };
  }
}
