/** One driver client per contact points, keyspace and options in a process, shared by reference count. */
import { Client } from 'cassandra-driver';
import pRetry from 'p-retry';
import { EngineError } from '../../errors.ts';
import { keyspaceOf, type Connection } from '../table/table.ts';
import { clientOptionsOf } from './client-options.ts';
import { failureKindOf, reasonOf } from './failure.ts';
import { Outage } from './outage.ts';

const CONNECT_FOR_MS = 30_000;

/** A connected client on loan. `release` gives it back; the last one shuts it down. */
export interface SharedClient {
  readonly client: Client;
  readonly outage: Outage;
  /** Runs `work` alone among all that share the client: schema changes must not race. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  readonly release: () => Promise<void>;
}

/** What a client is opened with. */
export interface ClientContext {
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

interface Entry {
  readonly connected: Promise<Client>;
  readonly outage: Outage;
  users: number;
  queue: Promise<unknown>;
}

const entries = new Map<string, Entry>();

async function connect(connection: Connection, context: ClientContext): Promise<Client> {
  const where = connection.addresses.join(', ');
  let told = false;
  try {
    return await pRetry(
      async () => {
        const client = new Client(clientOptionsOf(connection));
        try {
          await client.connect();
        } catch (error) {
          await client.shutdown().catch(() => undefined);
          throw error;
        }
        return client;
      },
      {
        retries: Infinity,
        maxRetryTime: CONNECT_FOR_MS,
        minTimeout: 250,
        maxTimeout: 2_000,
        signal: context.signal,
        shouldRetry: ({ error }) => failureKindOf(error) === 'transient',
        onFailedAttempt: ({ error }) => {
          if (!told) context.onNotice(`waiting for Cassandra at ${where} (${reasonOf(error)})`);
          told = true;
        },
      },
    );
  } catch (error) {
    const options = { retryable: true, context: { addresses: connection.addresses }, cause: error };
    const hint = 'is it running, and is local_data_center right? `engine infra up` starts one';
    const message = `cannot reach Cassandra at ${where}: ${reasonOf(error)}; ${hint}`;
    throw new EngineError('ENG_CASSANDRA_CONNECT', message, options);
  }
}

/**
 * A connected client for `connection`, shared with everyone who asks for the same.
 * @throws EngineError ENG_CASSANDRA_CONNECT after half a minute, or at once when it is refused
 */
export async function acquireClient(
  connection: Connection,
  context: ClientContext,
): Promise<SharedClient> {
  const key = JSON.stringify([connection.addresses, keyspaceOf(connection), connection.options]);
  let entry = entries.get(key);
  if (entry === undefined) {
    const outage = new Outage(connection.addresses.join(', '));
    entry = { connected: connect(connection, context), outage, users: 0, queue: Promise.resolve() };
    entries.set(key, entry);
  }
  entry.users++;
  try {
    return lend(key, entry, await entry.connected);
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

function lend(key: string, entry: Entry, client: Client): SharedClient {
  let released = false;
  return {
    client,
    outage: entry.outage,
    exclusive: <T>(work: () => Promise<T>): Promise<T> => {
      const turn = entry.queue.then(work);
      entry.queue = turn.catch(() => undefined);
      return turn;
    },
    release: async () => {
      if (released) return;
      released = true;
      entry.users--;
      if (entry.users > 0) return;
      if (entries.get(key) === entry) entries.delete(key);
      await client.shutdown();
    },
  };
}
