import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { vocabulary } from '../stages/registry.ts';
import type { DefinitionEnvironment } from './environment.ts';
import { parseDefinition } from './parse.ts';
import type { ParsedDefinition } from './parse.ts';

const weather = readFileSync(new URL('../../pipelines/weather.yaml', import.meta.url), 'utf8');

const nothing: DefinitionEnvironment = {
  set: new Map(),
  env: new Map(),
  dotenv: new Map(),
  topics: () => false,
  bounded: false,
};

const parse = (text: string, environment: Partial<DefinitionEnvironment> = {}): ParsedDefinition =>
  parseDefinition({
    text,
    file: 'test.yaml',
    environment: { ...nothing, ...environment },
    vocabulary,
  });

const servers = new Map([
  ['KAFKA_BROKERS', 'one:9092, two:9092'],
  ['CASSANDRA_CONTACT_POINTS', 'db:9042'],
]);

describe('pipelines/weather.yaml', () => {
  test('is a definition without findings', () => {
    const { spec, diagnostics } = parse(weather);
    expect(diagnostics).toEqual([]);
    expect(spec?.name).toBe('weather');
    expect(spec?.stages.map(({ name, kind }) => [name, kind])).toEqual([
      ['felt', 'record'],
      ['ten_minutes', 'window'],
      ['last_hour', 'window'],
    ]);
  });

  test('counts time in milliseconds and memory in bytes', () => {
    const { spec } = parse(weather);
    const [readings] = spec?.sources ?? [];
    expect(readings?.watermark).toEqual({
      outOfOrderMs: 10_000,
      idleMs: 120_000,
      maxFutureMs: 300_000,
      maxDriftMs: 600_000,
      declared: true,
    });
    expect(spec?.limits).toEqual({ memoryBytes: 512 * 1024 * 1024, keys: 10_000 });
    expect(spec?.errors.stopWhen).toEqual({ share: 0.05, ofLast: 10_000 });
    expect(spec?.stages[1]).toMatchObject({
      window: { keyword: 'tumbling', args: { sizeMs: 600_000 } },
      graceMs: 120_000,
    });
    expect(spec?.stages[2]).toMatchObject({
      window: { keyword: 'sliding', args: { sizeMs: 3_600_000, everyMs: 300_000 } },
    });
  });

  test('without servers it reads a simulation and keeps rows on this machine, and says so', () => {
    const { spec } = parse(weather);
    expect(spec?.sources[0]?.connector.keyword).toBe('simulate');
    expect(spec?.sinks.map(({ connector }) => connector.keyword)).toEqual([
      'sqlite',
      'sqlite',
      'sqlite',
      'file',
      'topic_log',
    ]);
    expect(spec?.errors.deadLetter).toEqual({
      keyword: 'topic_log',
      args: { topic: 'weather-dead-letters', key: null },
    });
    expect(spec?.notices).toEqual([
      'no broker configured (KAFKA_BROKERS): simulated weather, 24 h of readings',
      'no Cassandra configured (CASSANDRA_CONTACT_POINTS): rows go to .engine/embedded/weather_keyspace.db',
      'no broker configured (KAFKA_BROKERS): the topics heat-alerts, weather-dead-letters are kept in .engine/topics',
    ]);
  });

  test('with servers it stays what it says, without notices', () => {
    const { spec } = parse(weather, { env: servers });
    expect(spec?.sources[0]?.connector).toEqual({
      keyword: 'kafka',
      args: {
        connection: null,
        topic: 'kafka-weather-events',
        group: 'weather',
        start: 'earliest',
      },
    });
    expect(spec?.connections.get('kafka')?.addresses).toEqual(['one:9092', 'two:9092']);
    expect(spec?.sinks[0]?.connector.keyword).toBe('cassandra');
    expect(spec?.notices).toEqual([]);
  });

  test('K3: a topic kept on this machine is read before the stand-in', () => {
    const { spec } = parse(weather, { topics: (name) => name === 'kafka-weather-events' });
    expect(spec?.sources[0]?.connector).toEqual({
      keyword: 'topic_log',
      args: { topic: 'kafka-weather-events', start: 'earliest' },
    });
    expect(spec?.notices[0]).toBe(
      'no broker configured (KAFKA_BROKERS): readings reads .engine/topics/kafka-weather-events',
    );
  });

  test('K3: a topic this pipeline writes is read from where it is kept', () => {
    const chained = weather.replace('topic: heat-alerts', 'topic: kafka-weather-events');
    expect(parse(chained).spec?.sources[0]?.connector.keyword).toBe('topic_log');
  });

  test('bounded reads what stands in for the topic, with servers or without', () => {
    for (const env of [servers, new Map<string, string>()]) {
      const { spec } = parse(weather, { env, bounded: true });
      expect(spec?.sources[0]?.connector).toEqual({
        keyword: 'file',
        args: { path: 'data/archive/*/*.ndjson' },
      });
      expect(spec?.notices.slice(0, 2)).toEqual([
        'bounded: readings reads data/archive/*/*.ndjson',
        'bounded: archive writes nothing, its files are what is read',
      ]);
      expect(spec?.sinks.map(({ name }) => name)).not.toContain('archive');
    }
  });
});
