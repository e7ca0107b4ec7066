import { describe, expect, it } from 'vitest';
import { connectionTo, tableNode } from './node.fixture.ts';
import { columnTypeOf, differencesOf, STORED_TYPES, tableOf, type StoredTable } from './table.ts';

const shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'n', type: 'long', nullable: false },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
} as const;

const connection = connectionTo('weather_keyspace', []);
const table = tableOf(tableNode('cassandra', connection, { table: 'weather_10m', shape }));

const stored = (changes: Partial<StoredTable> = {}): StoredTable => ({
  types: new Map([
    ['city', 'text'],
    ['window_start', 'timestamp'],
    ['n', 'bigint'],
  ]),
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ...changes,
});

describe('a table and what is stored', () => {
  it('fit when names, types and key agree', () => {
    expect(differencesOf(table, stored())).toEqual([]);
  });

  it('fit when the store has more columns', () => {
    const types = new Map([...stored().types, ['comment', 'list<text>']]);
    expect(differencesOf(table, stored({ types }))).toEqual([]);
  });

  it('differ by missing columns, other types and another key, each on a line', () => {
    const types = new Map([
      ['city', 'text'],
      ['window_start', 'text'],
    ]);
    expect(
      differencesOf(table, { types, partitionKey: ['city', 'window_start'], clusteringKey: [] }),
    ).toEqual([
      'column window_start: stored as text, the pipeline writes timestamp',
      'column n: missing, the pipeline writes bigint',
      'primary key: stored as ((city, window_start)), the pipeline has ((city), window_start)',
    ]);
  });

  it('have a stored type for each column type and back', () => {
    for (const [type, name] of Object.entries(STORED_TYPES)) expect(columnTypeOf(name)).toBe(type);
    expect(columnTypeOf('varchar')).toBe('string');
    expect(columnTypeOf('list<text>')).toBeNull();
  });
});

describe('a table sink', () => {
  const nodeWith = (changes: object) =>
    tableNode('cassandra', connection, { table: 'weather_10m', shape: { ...shape, ...changes } });

  it('is refused when its key has a column it does not write', () => {
    expect(() => tableOf(nodeWith({ clusteringKey: ['window_end'] }))).toThrow('"window_end"');
  });

  it('is refused without a partition key', () => {
    expect(() => tableOf(nodeWith({ partitionKey: [] }))).toThrow('no partition key');
  });

  it('is refused when the connection names no keyspace', () => {
    const options = { ...connection.options, keyspace: null };
    const node = tableNode('cassandra', { ...connection, options }, { table: 't', shape });
    expect(() => tableOf(node)).toThrow('names no keyspace');
  });

  it('knows which clustering columns descend', () => {
    const node = nodeWith({});
    const config = {
      ...(node.connector.config as object),
      clusteringOrder: { window_start: 'desc' },
    };
    const descending = tableOf({ ...node, connector: { ...node.connector, config } });
    expect(descending.descending).toEqual(['window_start']);
  });
});
