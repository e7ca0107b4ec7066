/**
 * The one place that reaches into cassandra-driver: it hands the driver a finished BATCH frame in the
 * place of a request object. Everything else (connections, stream ids, time-outs, re-preparing,
 * reconnecting) stays the driver's, whose own request objects take two buffers a cell. CPU of the
 * process a row, taken in turns on a busy machine: full batches 8 → 1.3–1.9 µs, bundles of ten
 * partitions 12–15 → 3–5 µs.
 *
 * The driver's insides are stable at exactly one version: `openRawBatches` gives null for any other,
 * for another protocol than v4, and for clusters (where the driver's token-aware routing is worth
 * more), and the sink then takes the public way. driver-seam.test.ts fails when the insides move.
 */
import { createRequire } from 'node:module';
import * as driver from 'cassandra-driver';
import type { Client } from 'cassandra-driver';
import { batchFrame, PROTOCOL_VERSION } from './batch-frame.ts';
import { NewStatement } from './failure.ts';
import type { Group } from './group.ts';
import type { Ticket } from './row.ts';

/** The version these insides are known of. */
export const KNOWN_VERSION = '4.10.0';

interface ExecutionOptions {
  getConsistency(): number;
  getLoadBalancingPolicy(): unknown;
}

interface PreparedInfo {
  readonly queryId: Buffer;
}

/** What the driver asks of a request it sends. */
interface DriverRequest {
  readonly query: string;
  readonly queryId: Buffer;
  readonly consistency: number;
  length: number;
  write(encoder: unknown, streamId: number): Buffer;
  clone(): DriverRequest;
}

interface Insides {
  readonly RequestHandler: {
    send(request: DriverRequest, options: ExecutionOptions, client: Client): Promise<unknown>;
  };
  readonly DefaultExecutionOptions: {
    create(options: object, client: Client): ExecutionOptions;
  };
  readonly PrepareHandler: {
    getPrepared(
      client: Client,
      policy: unknown,
      query: string,
      keyspace: string | undefined,
    ): Promise<PreparedInfo>;
  };
}

/** The modules this file reaches into. */
export function driverInsides(): Insides {
  const require = createRequire(import.meta.url);
  const load = (name: string): unknown => require(`cassandra-driver/lib/${name}.js`);
  return {
    RequestHandler: load('request-handler') as Insides['RequestHandler'],
    DefaultExecutionOptions: (load('execution-options') as Pick<Insides, 'DefaultExecutionOptions'>)
      .DefaultExecutionOptions,
    PrepareHandler: load('prepare-handler') as Insides['PrepareHandler'],
  };
}

/** The driver's own version; its type declarations say it is a number. */
export const driverVersion = (): string => String(driver.version);

function refuseToWrite(): never {
  throw new NewStatement();
}

/** Sends a group of rows in one request; rejects with the driver's errors, or with NewStatement. */
export type SendBatch = (group: Group<Ticket>) => Promise<unknown>;

/**
 * Prepares the statement and returns what sends batches of it, or null when the public way must be
 * taken. `client` must be connected.
 */
export async function openRawBatches(client: Client, statement: string): Promise<SendBatch | null> {
  const { controlConnection } = client as unknown as {
    controlConnection?: { protocolVersion?: number };
  };
  const fits =
    driverVersion() === KNOWN_VERSION &&
    controlConnection?.protocolVersion === PROTOCOL_VERSION &&
    client.hosts.length === 1;
  if (!fits) return null;
  const { RequestHandler, DefaultExecutionOptions, PrepareHandler } = driverInsides();
  const options = DefaultExecutionOptions.create({ prepare: true, isIdempotent: true }, client);
  const policy = options.getLoadBalancingPolicy();
  const { queryId } = await PrepareHandler.getPrepared(client, policy, statement, undefined);
  const bound = { id: queryId, consistency: options.getConsistency() };
  const requestOf = (group: Group<Ticket>): DriverRequest => ({
    query: statement,
    queryId,
    consistency: bound.consistency,
    length: 0,
    write(_encoder, streamId) {
      const frame = batchFrame(group, bound, streamId);
      this.length = frame.length;
      return frame;
    },
    // Made only behind a new preparation: retries, the other reason, are not the driver's.
    clone: () => ({ ...requestOf(group), write: refuseToWrite }),
  });
  return (group) => RequestHandler.send(requestOf(group), options, client);
}
