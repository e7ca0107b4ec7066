import { describe, expect, it } from 'vitest';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import type { Table } from '../table/table.ts';
import { addColumnCql, ddlOf, insertCql, keyspaceCql, replicationOf, tableCql } from './ddl.ts';

const weather: Table = {
  keyspace: 'weather_keyspace',
  table: 'weather_table',
  columns: [
    { name: 'date', type: 'string' },
    { name: 'city', type: 'string' },
    { name: 'lat', type: 'float' },
    { name: 'lon', type: 'float' },
    { name: 'temperature', type: 'float' },
    { name: 'feels_like', type: 'float' },
    { name: 'temperature_minus_feels_like', type: 'float' },
  ],
  partitionKey: ['city', 'date'],
  clusteringKey: [],
  descending: [],
  ttlMs: null,
};

const windows: Table = {
  keyspace: 'weather_keyspace',
  table: 'weather_1h',
  columns: [
    { name: 'city', type: 'string' },
    { name: 'window_start', type: 'timestamp' },
    { name: 'window_end', type: 'timestamp' },
    { name: 'n', type: 'long' },
    { name: 'avg_temperature', type: 'double' },
    { name: 'order', type: 'int' },
    { name: 'frost', type: 'bool' },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start', 'order'],
  descending: [],
  ttlMs: 86_400_000,
};

describe('CQL text', () => {
  it('creates the keyspace of the original project', () => {
    expect(keyspaceCql('weather_keyspace', 1)).toBe(
      `CREATE KEYSPACE IF NOT EXISTS weather_keyspace
  WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
  });

  it('creates the table of the original project', () => {
    expect(tableCql(weather)).toBe(`CREATE TABLE IF NOT EXISTS weather_keyspace.weather_table (
  date text,
  city text,
  lat float,
  lon float,
  temperature float,
  feels_like float,
  temperature_minus_feels_like float,
  PRIMARY KEY ((city, date))
)`);
  });

  it('quotes reserved words and orders clustering columns', () => {
    expect(tableCql({ ...windows, descending: ['window_start'] }))
      .toBe(`CREATE TABLE IF NOT EXISTS weather_keyspace.weather_1h (
  city text,
  window_start timestamp,
  window_end timestamp,
  n bigint,
  avg_temperature double,
  "order" int,
  frost boolean,
  PRIMARY KEY ((city), window_start, "order")
) WITH CLUSTERING ORDER BY (window_start DESC, "order" ASC)`);
  });

  it('R5: gives every row its own write timestamp', () => {
    expect(insertCql({ ...weather, columns: weather.columns.slice(0, 2) })).toBe(
      'INSERT INTO weather_keyspace.weather_table (date, city) VALUES (?, ?) USING TIMESTAMP ?',
    );
  });

  it('K2: gives rows of a table with a ttl what is left of it', () => {
    expect(insertCql({ ...windows, columns: windows.columns.slice(0, 2) })).toBe(
      'INSERT INTO weather_keyspace.weather_1h (city, window_start) VALUES (?, ?) USING TIMESTAMP ? AND TTL ?',
    );
  });

  it('adds a column with its type', () => {
    expect(addColumnCql(windows, 'n')).toBe('ALTER TABLE weather_keyspace.weather_1h ADD n bigint');
  });

  it.each(['', 'Weather', '9a', 'a-b', 'a"b', 'a b', 'a'.repeat(49), 'drop table x; --'])(
    'refuses the name "%s"',
    (name) => {
      expect(() => keyspaceCql(name, 1)).toThrow('cannot name a keyspace, table or column');
    },
  );
});

describe('replication', () => {
  const withReplication = (replication: unknown) => {
    const connection = connectionTo('k', []);
    return { ...connection, options: { ...connection.options, replication } };
  };

  it('is 1 when the connection says nothing', () => {
    expect(replicationOf(withReplication(undefined))).toBe(1);
  });

  it('is by data center when a map is given', () => {
    const replication = replicationOf(withReplication({ paris: 3, lyon: 2 }));
    expect(keyspaceCql('k', replication)).toContain(
      "{'class': 'NetworkTopologyStrategy', 'paris': 3, 'lyon': 2}",
    );
  });

  it.each([0, -1, 1.5, 'x', {}, { "a'b": 1 }, { a: 0 }])('refuses %j', (replication) => {
    expect(() => replicationOf(withReplication(replication))).toThrow('replication of connection');
  });
});

describe('CQL of a definition', () => {
  const connection = connectionTo('weather_keyspace', []);
  const sink = (table: string, names: readonly string[]) =>
    tableNode('cassandra', connection, {
      table,
      shape: {
        columns: names.map((name) => ({ name, type: 'string', nullable: false })),
        partitionKey: ['city'],
        clusteringKey: [],
        ttlMs: null,
      },
    });

  it('has each keyspace once, before its tables', () => {
    const statements = ddlOf([sink('a', ['city']), sink('b', ['city'])]);
    expect(statements.map((statement) => statement.split('\n')[0])).toEqual([
      'CREATE KEYSPACE IF NOT EXISTS weather_keyspace',
      'CREATE TABLE IF NOT EXISTS weather_keyspace.a (',
      'CREATE TABLE IF NOT EXISTS weather_keyspace.b (',
    ]);
  });

  it('gives a table that two sinks write to the columns of both', () => {
    const [, ...tables] = ddlOf([sink('a', ['city', 'x']), sink('a', ['city', 'y'])]);
    expect(tables).toEqual([
      `CREATE TABLE IF NOT EXISTS weather_keyspace.a (
  city text,
  x text,
  y text,
  PRIMARY KEY ((city))
)`,
    ]);
  });
});
