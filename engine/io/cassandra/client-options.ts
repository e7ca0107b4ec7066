/** Settings of a connection → options of the driver. */
import { readFileSync } from 'node:fs';
import { metrics, policies, types, type DseClientOptions } from 'cassandra-driver';
import { EngineError, messageOf } from '../../errors.ts';
import type { Connection } from '../table/table.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const RECONNECT_MS = { first: 200, most: 5_000 };

type Settings = Readonly<Record<string, unknown>>;

const settings = (value: unknown): Settings =>
  typeof value === 'object' && value !== null ? (value as Settings) : {};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The driver's own base class, which does nothing; its type declarations forget it. */
function silentMetrics(): metrics.ClientMetrics {
  const { ClientMetrics } = metrics as unknown as {
    ClientMetrics: new () => metrics.ClientMetrics;
  };
  return new ClientMetrics();
}

function readCertificate(path: unknown): Buffer | undefined {
  const file = text(path);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new EngineError('ENG_FILE_READ', `cannot read ${file}: ${messageOf(error)}`);
  }
}

function encryption(tls: unknown): Pick<DseClientOptions, 'sslOptions'> {
  if (tls === undefined || tls === null || tls === false) return {};
  const files = Object.entries(settings(tls)).flatMap(([name, path]) => {
    const content = readCertificate(path);
    return content === undefined ? [] : [[name, content] as const];
  });
  return { sslOptions: { rejectUnauthorized: true, ...Object.fromEntries(files) } };
}

/**
 * Options of a driver client. No keyspace: statements name theirs, and it may not exist yet. What the
 * connection gives under `client` goes to the driver as it is, but idempotence, consistency defaults
 * and retries are ours.
 * @throws EngineError ENG_FILE_READ for certificates
 */
export function clientOptionsOf({ addresses, options }: Connection): DseClientOptions {
  const { username, password } = settings(options['auth']);
  const client = settings(options['client']);
  const user = text(username);
  return {
    ...client,
    contactPoints: [...addresses],
    localDataCenter: text(options['local_data_center']) ?? 'datacenter1',
    ...(user === undefined
      ? {}
      : { credentials: { username: user, password: text(password) ?? '' } }),
    ...encryption(options['tls']),
    queryOptions: {
      consistency: types.consistencies.localQuorum,
      ...settings(client['queryOptions']),
      isIdempotent: true,
      prepare: true,
    },
    socketOptions: { readTimeout: REQUEST_TIMEOUT_MS, ...settings(client['socketOptions']) },
    policies: {
      // Every row binds its own write timestamp (R5).
      timestampGeneration: null as unknown as policies.timestampGeneration.TimestampGenerator,
      // Retrying is ours: the driver's policy gives up early on one node and hides what happens.
      retry: new policies.retry.FallthroughRetryPolicy(),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        RECONNECT_MS.first,
        RECONNECT_MS.most,
        false,
      ),
    },
    // The default emits half a dozen events a request, for listeners nobody has.
    metrics: silentMetrics(),
    monitorReporting: { enabled: false },
  };
}
