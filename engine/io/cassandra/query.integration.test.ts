import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recorder } from '../sink-contract.suite.ts';
import { tableNode } from '../table/node.fixture.ts';
import { collect } from '../table/query.ts';
import { describeReader } from '../table/reader-contract.suite.ts';
import { testKeyspace } from './keyspace.fixture.ts';
import { cassandraReader } from './query.ts';
import { cassandraSink } from './sink.ts';

const keyspace = testKeyspace('sink_query');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

describeReader('cassandra', {
  place: async (table, shape) => ({
    sink: (context) =>
      cassandraSink(tableNode('cassandra', keyspace.connection, { table, shape }), context),
    rows: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  }),
  reader: () => cassandraReader(keyspace.connection, recorder().context),
});

describe('tables the engine did not make', () => {
  it('are read with types the engine does not write as their text', async () => {
    const table = keyspace.freshTable();
    await keyspace.admin.execute(
      `CREATE TABLE ${keyspace.name}.${table} (id int PRIMARY KEY, day date, tags list<text>, huge bigint)`,
    );
    await keyspace.admin.execute(
      `INSERT INTO ${keyspace.name}.${table} (id, day, tags, huge) VALUES (1, '2024-03-28', ['a', 'b'], 9223372036854775807)`,
    );
    const reader = await cassandraReader(keyspace.connection, recorder().context);
    const scan = await reader.scan(table, []);
    const { rows } = await collect(scan, { conditions: [], orderBy: [], limit: 9 });
    await reader.close();
    expect(scan.columns.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      'id int',
      'day null',
      'huge long',
      'tags null',
    ]);
    expect(rows).toEqual([[1, '2024-03-28', 9223372036854775807n, 'a,b']]);
  });

  it('say that the whole table is read when a condition does not give the partition', async () => {
    const table = keyspace.freshTable();
    await keyspace.admin.execute(
      `CREATE TABLE ${keyspace.name}.${table} (city text, day text, n int, PRIMARY KEY ((city, day)))`,
    );
    const reader = await cassandraReader(keyspace.connection, recorder().context);
    const city = { column: 'city', operator: '=', value: 'Paris' } as const;
    const day = { column: 'day', operator: '=', value: '2024-03-28' } as const;
    expect((await reader.scan(table, [city])).note).toContain('partition key (city, day)');
    expect((await reader.scan(table, [city, day])).note).toBeNull();
    await reader.close();
  });
});
