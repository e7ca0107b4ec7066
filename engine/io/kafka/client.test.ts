import { logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors.ts';
import { connectionTo } from './brokers.ts';
import { clientConfig, isFatal, isPlain, isType, kafkaError } from './client.ts';

const connection = (options: Record<string, unknown> = {}) => ({
  ...connectionTo('one:9092, two:9093'),
  options,
});
const failure = (properties: object, message = 'it failed'): Error =>
  Object.assign(new Error(message), properties);

describe('clientConfig', () => {
  it('takes the addresses, and waits longer for a connection than kafkajs does', () => {
    const config = clientConfig(connection(), 'me');
    expect(config).toMatchObject({ brokers: ['one:9092', 'two:9093'], clientId: 'me' });
    expect(config.connectionTimeout).toBe(10_000);
    expect(config.ssl).toBeUndefined();
  });

  it('spells TLS, SASL and client options as kafkajs does', () => {
    const pem = '-----BEGIN CERTIFICATE-----';
    const config = clientConfig(
      connection({
        tls: { ca: pem, reject_unauthorized: true },
        sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'p' },
        client: { request_timeout: 5000 },
      }),
      'me',
    );
    expect(config.ssl).toEqual({ ca: pem, rejectUnauthorized: true });
    expect(config.sasl).toEqual({ mechanism: 'scram-sha-256', username: 'u', password: 'p' });
    expect(config.requestTimeout).toBe(5000);
    expect(clientConfig(connection({ tls: true }), 'me').ssl).toBe(true);
  });

  it('uses its own socket only where neither TLS nor SASL stands between', () => {
    expect(isPlain(connection())).toBe(true);
    expect(isPlain(connection({ tls: false }))).toBe(true);
    expect(isPlain(connection({ tls: true }))).toBe(false);
    expect(isPlain(connection({ sasl: { mechanism: 'plain' } }))).toBe(false);
  });

  it('passes on the errors kafkajs logs', () => {
    const told: string[] = [];
    const { logCreator } = clientConfig(connection(), 'me', (text) => told.push(text));
    logCreator?.(logLevel.ERROR)({ log: { message: 'lost it' } } as never);
    const request = { message: 'Response Heartbeat(key: 12, version: 3)', error: 'who are you?' };
    logCreator?.(logLevel.ERROR)({ log: request } as never);
    expect(told).toEqual(['lost it', 'who are you?']);
  });
});

describe('kafkajs errors', () => {
  it('are fatal when trying again cannot help, wherever in the chain that is said', () => {
    const refused = failure({ name: 'KafkaJSSASLAuthenticationError' });
    expect(isFatal(failure({ cause: refused }))).toBe(true);
    expect(isFatal(failure({ originalError: refused }))).toBe(true);
    expect(isFatal(failure({ type: 'TOPIC_AUTHORIZATION_FAILED' }))).toBe(true);
    expect(isFatal(failure({ cause: failure({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }) }))).toBe(
      true,
    );
    expect(isFatal(failure({ code: 'ECONNREFUSED' }))).toBe(false);
    expect(isFatal(new EngineError('ENG_SOURCE_GAP', 'gone'))).toBe(true);
    expect(isFatal(new EngineError('ENG_KAFKA_CONNECT', 'away', { retryable: true }))).toBe(false);
    expect(isFatal(failure({ type: 'NOT_LEADER_FOR_PARTITION' }))).toBe(false);
    expect(isFatal(new TypeError('of kafkajs'))).toBe(false);
    expect(isFatal('a string')).toBe(false);
  });

  it('are known by type anywhere in the chain', () => {
    expect(isType(failure({ cause: failure({ type: 'X' }) }), 'X')).toBe(true);
    expect(isType(failure({}), 'X')).toBe(false);
  });

  it('become plain words with the address', () => {
    const error = kafkaError(new Error('connect ECONNREFUSED'), 'reading', connection());
    expect(error).toMatchObject({ code: 'ENG_KAFKA_CONNECT', retryable: true });
    expect(error.message).toContain('cannot reach Kafka at one:9092, two:9093 (reading)');
    const refused = kafkaError(failure({ type: 'TOPIC_AUTHORIZATION_FAILED' }), 'x', connection());
    expect(refused).toMatchObject({ code: 'ENG_KAFKA_FAILED', retryable: false });
    expect(kafkaError(error, 'again', connection())).toBe(error);
  });
});

describe('connectionTo', () => {
  it.each([undefined, '', 'localhost', 'one:9092,two', 'one:port'])(
    'says what to do when brokers are %j',
    (text) => {
      expect(() => connectionTo(text)).toThrow(/no Kafka broker is configured.*infra up --export/);
    },
  );
});
