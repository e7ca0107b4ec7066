import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cassandra, parseOptions, renderCassandraConfig } from './cassandra.ts';

const data = '/my "data"/cassandra';
const config = new Map(
  Object.entries(
    JSON.parse(renderCassandraConfig(data, { client: 9042, inner: 21_001 })) as object,
  ) as [string, unknown][],
);
const options = parseOptions(
  readFileSync(new URL('./cassandra/jvm.options', import.meta.url), 'utf8'),
);

describe('Cassandra’s configuration', () => {
  test('listens on loopback only, with itself as the one seed', () => {
    expect(config.get('rpc_address')).toBe('127.0.0.1');
    expect(config.get('listen_address')).toBe('127.0.0.1');
    expect(config.get('native_transport_port')).toBe(9042);
    expect(config.get('storage_port')).toBe(21_001);
    expect(JSON.stringify(config.get('seed_provider'))).toContain('"127.0.0.1:21001"');
  });

  test('keeps every directory below its data', () => {
    const places = [...config].filter(([key]) => /director(y|ies)$/.test(key));
    expect(places).toHaveLength(5);
    for (const [key, place] of places) expect([place].flat()[0], key).toContain(`${data}/`);
  });

  test('leaves the limits of batches and mutations at Cassandra’s defaults', () => {
    expect([...config.keys()].filter((key) => /batch|mutation/.test(key))).toEqual([]);
  });

  test('syncs what it acknowledges when it is told to, and later when it is not', () => {
    const ports = { client: 9042, inner: 21_001 };
    const durable = JSON.parse(renderCassandraConfig(data, ports, true)) as object;
    expect(config.get('commitlog_sync')).toBe('periodic');
    expect(durable).toMatchObject({ commitlog_sync: 'batch' });
    expect(durable).not.toHaveProperty('commitlog_sync_period');
  });

  test('opens no port for JMX', () => {
    expect(options.filter((option) => /jmx.*port/i.test(option))).toEqual([]);
  });

  test('reads options one a line, without comments and blank lines', () => {
    expect(parseOptions('# a\n\n -Xss256k \n--add-opens=a/b=ALL-UNNAMED\n')).toEqual([
      '-Xss256k',
      '--add-opens=a/b=ALL-UNNAMED',
    ]);
    expect(options.filter((option) => !option.startsWith('-'))).toEqual([]);
  });

  test('names the version its pom fetches', () => {
    expect(readFileSync(cassandra.pom, 'utf8')).toContain(
      `<version>${cassandra.version}</version>`,
    );
    expect(cassandra.title).toBe(`Cassandra ${cassandra.version}`);
  });
});
