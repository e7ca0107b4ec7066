/** How a connection of a definition becomes kafkajs options, and kafkajs errors plain words. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, LogEntry, RetryOptions, SASLOptions, logLevel } from 'kafkajs';
import { EngineError, messageOf } from '../../errors.ts';
import type { Connector } from '../../plan/planner.ts';

/** A resolved connection of kind kafka. */
export type KafkaConnection = NonNullable<Connector['connection']>;

const CONNECTION_TIMEOUT_MS = 10_000;
/** A number because importing the enum would load the stock kafkajs beside the private copy. */
const LOG_ERRORS = 1 as unknown as logLevel;

/**
 * kafkajs' own retries, short: what lasts longer is ours to retry, with a notice. All of them are
 * given because kafkajs has other defaults under NODE_ENV=test.
 */
export const retry: RetryOptions = {
  initialRetryTime: 200,
  maxRetryTime: 2_000,
  factor: 0.2,
  multiplier: 2,
  retries: 4,
};

/** True when frames may be read by our own socket: neither TLS nor SASL. */
export const isPlain = (connection: KafkaConnection): boolean =>
  !isOn(connection.options['tls']) && !isOn(connection.options['sasl']);

const isOn = (option: unknown): boolean =>
  option !== undefined && option !== null && option !== false;

/**
 * kafkajs options of a connection. `options.tls` is true or tls options (ca, cert and key may be
 * paths), `options.sasl` a mechanism with its credentials, `options.client` further kafkajs options;
 * keys in snake_case. Errors that kafkajs logs go to `onError`; everything else it logs is dropped.
 */
export function clientConfig(
  connection: KafkaConnection,
  clientId: string,
  onError: (text: string) => void = () => undefined,
): KafkaConfig {
  silenceTimeoutWarning();
  const { tls, sasl, client } = connection.options;
  return {
    clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    ...(isOn(client) ? (camelCased(client) as Partial<KafkaConfig>) : {}),
    brokers: [...connection.addresses],
    ...(isOn(tls) ? { ssl: tls === true ? true : tlsOptions(tls) } : {}),
    ...(isOn(sasl) ? { sasl: camelCased(sasl) as SASLOptions } : {}),
    retry,
    logLevel: LOG_ERRORS,
    logCreator:
      () =>
      ({ log }: LogEntry) =>
        // Of failed requests the message is only the request's name.
        onError(typeof log['error'] === 'string' ? log['error'] : log.message),
  };
}

const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const camelCased = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [camel(key), camelCased(each)]))
    : value;

function tlsOptions(options: unknown): ConnectionOptions {
  const result = camelCased(options) as ConnectionOptions & {
    ca?: string;
    cert?: string;
    key?: string;
  };
  const { ca, cert, key } = result;
  return {
    ...result,
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
  };
}

/** A certificate or key, given as text or as the path of its file. */
const pem = (given: string): string =>
  given.startsWith('-----BEGIN') ? given : readFileSync(given, 'utf8');

let isSilenced = false;

/** kafkajs schedules timers in the past; newer Nodes warn of each process's first. */
function silenceTimeoutWarning(): void {
  if (isSilenced) return;
  isSilenced = true;
  const emit = process.emitWarning.bind(process) as unknown as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    const [, second] = args;
    const name =
      typeof second === 'string' ? second : (second as { type?: string } | undefined)?.type;
    const isKafkajs = name === 'TimeoutNegativeWarning' && new Error().stack?.includes('kafkajs');
    if (isKafkajs !== true) emit(...args);
  };
}

interface KafkaFailure {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

const chainOf = (error: unknown): KafkaFailure[] => {
  const chain: KafkaFailure[] = [];
  let at: unknown = error;
  while (at !== null && typeof at === 'object' && chain.length < 8) {
    chain.push(at);
    at = (at as KafkaFailure).cause ?? (at as KafkaFailure).originalError;
  }
  return chain;
};

const FATAL_NAMES = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSNotImplemented',
  'KafkaJSServerDoesNotSupportApiKey',
]);
const FATAL_TYPES = /AUTHORIZATION_FAILED|^INVALID_TOPIC|^UNSUPPORTED_|^SASL_|^INVALID_GROUP_ID/;

/** Of Node's TLS: certificates do not get better by themselves. */
const FATAL_CODES = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;

/**
 * True when trying again cannot help: refused credentials, rights or certificates, unsupported broker. A TypeError
 * is not fatal: kafkajs trips over its own state while brokers come and go.
 */
export const isFatal = (error: unknown): boolean =>
  (error instanceof EngineError && !error.retryable) ||
  chainOf(error).some(
    ({ name, type, code }) =>
      FATAL_NAMES.has(name ?? '') || FATAL_TYPES.test(type ?? '') || FATAL_CODES.test(code ?? ''),
  );

/**
 * Whether code is at fault, ours or kafkajs', and not the world around it: joining anew helps where it
 * tripped over its state, not where it trips over a record.
 */
export const isBug = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError;

/** Whether a kafkajs error is of this protocol type, anywhere in its causes. */
export const isType = (error: unknown, type: string): boolean =>
  chainOf(error).some((each) => each.type === type);

const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|timeout|[Cc]onnection/;

/** The engine's error for one of kafkajs: what was being done, at which brokers, and why it failed. */
export function kafkaError(
  error: unknown,
  doing: string,
  connection: KafkaConnection,
): EngineError {
  if (error instanceof EngineError) return error;
  const reason = messageOf(error);
  const brokers = connection.addresses.join(', ');
  const isUnreachable = UNREACHABLE.test(reason);
  return new EngineError(
    isUnreachable ? 'ENG_KAFKA_CONNECT' : 'ENG_KAFKA_FAILED',
    isUnreachable
      ? `cannot reach Kafka at ${brokers} (${doing}): ${reason}`
      : `Kafka at ${brokers} refused (${doing}): ${reason}`,
    { retryable: !isFatal(error), context: { brokers, doing }, cause: error },
  );
}
