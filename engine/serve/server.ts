/**
 * Tables over HTTP, to be read only: `engine serve`, and the serving part of `engine up`.
 *
 *     request ──▶ host ──▶ query ──▶ tables (run/) ──▶ JSON ──▶ ETag
 */
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifySchemaValidationError,
} from 'fastify';
import { EngineError, messageOf } from '../errors.ts';
import type { LastRun } from '../run/last-run.ts';
import type { Progress } from '../run/progress.ts';
import { type Tables, openTables } from '../run/tables.ts';
import { entityTagOf, isNamed } from './entity-tag.ts';
import { type Failure, failure, failureOf } from './failure.ts';
import { hostCheck } from './hosts.ts';
import { openApi, rowsQuery } from './open-api.ts';

/** How to serve. */
export interface ServeOptions {
  /** The pipelines whose tables are served; asked at every request. */
  readonly runs: () => readonly LastRun[];
  readonly project: string;
  readonly onNotice: (text: string) => void;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 8080; 0 takes a free one. */
  readonly port?: number;
  /** Host names that requests may be for, beside this machine's and `host`. */
  readonly allowedHosts?: readonly string[];
  /** Rows of a reply at most; default 10,000. */
  readonly maxRows?: number;
  /** Rows read for a reply at most; default 1,000,000. */
  readonly maxScanned?: number;
  /** What pipelines of this process do right now, by name. */
  readonly progress?: () => ReadonlyMap<string, Progress>;
}

/** A server that answers. */
export interface RunningServer {
  /** Where it is, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Finishes what is being answered, takes nothing new, and closes what was opened. */
  close(): Promise<void>;
}

/** Requests that read rows at the same time. */
const READS_AT_ONCE = 8;
const RECEIVE_MS = 10_000;

/**
 * Starts a server.
 * @throws EngineError ENG_RUN_FAILED when it cannot listen
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8080 } = options;
  const tables = openTables(options);
  const app = Fastify({
    forceCloseConnections: 'idle',
    requestTimeout: RECEIVE_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 100 },
    schemaErrorFormatter: ([first]) => new Error(parameterFault(first)),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
  });
  prepare(app, options);
  route(app, tables, options);
  try {
    const url = await app.listen({ host, port });
    return {
      url,
      close: async () => {
        await app.close();
        await tables.close();
      },
    };
  } catch (error) {
    await app.close();
    throw cannotListen(error, host, port);
  }
}

/** What is wrong with the query of a request. */
function parameterFault(first: FastifySchemaValidationError | undefined): string {
  const { instancePath = '', message = 'is not right', params = {} } = first ?? {};
  const { additionalProperty: stray } = params;
  if (typeof stray !== 'string') return `${instancePath.slice(1)} ${message}`;
  const known = Object.keys(rowsQuery(1).properties).join(', ');
  return `there is no parameter "${stray}": there are ${known}`;
}

function cannotListen(error: unknown, host: string, port: number): EngineError {
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === 'EADDRINUSE'
      ? 'something else listens there (--port 0 takes a free one)'
      : messageOf(error);
  return new EngineError('ENG_RUN_FAILED', `cannot listen on ${host}:${port}: ${reason}`, {
    cause: error,
  });
}

/** What holds for every request and reply. */
function prepare(
  app: FastifyInstance,
  { host = '127.0.0.1', allowedHosts = [], onNotice }: ServeOptions,
): void {
  const isAllowed = hostCheck(host, allowedHosts);
  app.addHook('onRequest', async (request, reply) => {
    if (isAllowed(request.headers.host)) return;
    const message = 'this server answers to names of its own only (--allow-host adds one)';
    await send(reply, failure(403, 'host_not_allowed', message));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    void reply.header('x-content-type-options', 'nosniff');
    if (reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = entityTagOf(payload);
    void reply.header('etag', tag).header('cache-control', 'no-cache');
    if (!isNamed(tag, request.headers['if-none-match'])) return payload;
    void reply.code(304).removeHeader('content-length').removeHeader('content-type');
    return null;
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const failed = failureOf(error);
    if (failed.status === 500) onNotice(`a request failed: ${messageOf(error)}`);
    await send(reply, failed);
  });
  app.setNotFoundHandler(async (request, reply) => {
    if (request.method === 'GET' || request.method === 'HEAD') {
      const message = `there is nothing at ${request.url.slice(0, 200)}: /openapi.json says what there is`;
      return send(reply, failure(404, 'not_found', message));
    }
    void reply.header('allow', 'GET, HEAD');
    return send(reply, failure(405, 'method_not_allowed', 'everything here is read only'));
  });
}

const send = (reply: FastifyReply, { status, body }: Failure): FastifyReply =>
  reply.code(status).send(body);

interface RowsQuery {
  readonly where?: readonly string[];
  readonly limit: number;
  readonly merged: boolean;
  readonly at?: string;
}

function route(app: FastifyInstance, tables: Tables, options: ServeOptions): void {
  const { runs, progress, maxRows = 10_000, maxScanned = 1_000_000 } = options;
  const description = openApi(maxRows);
  app.get('/health', () => ({ status: 'ok' }));
  app.get('/openapi.json', () => description);
  app.get('/tables', () => ({ tables: tables.list() }));
  app.get('/status', async () => ({
    runs: runs().map(({ pipeline, file, provisional }) => ({ pipeline, file, provisional })),
    tables: await tables.status(),
    progress: Object.fromEntries(progress?.() ?? []),
  }));
  let reading = 0;
  app.get<{ Params: { name: string }; Querystring: RowsQuery }>(
    '/tables/:name/rows',
    { schema: { querystring: rowsQuery(maxRows) } },
    async ({ params: { name }, query: { where = [], limit, merged, at = null } }, reply) => {
      const known = tables.list();
      if (!known.some((entry) => entry.name === name || entry.table === name)) {
        const names = known.map((entry) => entry.name).join(', ');
        const message = `there is no sink or table "${name}" to be read: there are ${names}`;
        return send(reply, failure(404, 'no_such_table', message));
      }
      if (reading >= READS_AT_ONCE) {
        void reply.header('retry-after', '1');
        return send(reply, failure(503, 'busy', 'too many requests read rows: ask again'));
      }
      reading++;
      try {
        const request = { where, limit, merged, at, scanLimit: maxScanned };
        const body = await tables.rows(name, request);
        return await reply.type('application/json; charset=utf-8').send(body);
      } finally {
        reading--;
      }
    },
  );
}
