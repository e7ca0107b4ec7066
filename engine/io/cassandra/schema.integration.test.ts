import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/batch.ts';
import { batchOf, recorder, type Shape } from '../sink-contract.suite.ts';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import { acquireClient } from './client.ts';
import { contactPoints, testKeyspace } from './keyspace.fixture.ts';
import { cassandraSink } from './sink.ts';

const keyspace = testKeyspace('sink_schema');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

const columns: readonly Column[] = [
  { name: 'city', type: 'string', nullable: false },
  { name: 'window_start', type: 'timestamp', nullable: false },
  { name: 'n', type: 'long', nullable: false },
  { name: 'avg_temperature', type: 'double', nullable: true },
];
const shape: Shape = {
  columns,
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
};

const sinkFor = (table: string, told = recorder()) =>
  cassandraSink(tableNode('cassandra', keyspace.connection, { table, shape }), told.context);

describe('keyspace and table', () => {
  it('are created when missing, which is said', async () => {
    const name = `sink_created_${process.pid}`;
    const told = recorder();
    const connection = connectionTo(name, contactPoints);
    const sink = cassandraSink(
      tableNode('cassandra', connection, { table: 'weather_10m', shape }),
      told.context,
    );
    await sink.open(null);
    await sink.close();
    expect(told.notices).toEqual([`created keyspace ${name} and table ${name}.weather_10m`]);
    await keyspace.admin.execute(`DROP KEYSPACE ${name}`);
  });

  it('are taken as they are when they fit; columns of others do no harm', async () => {
    const table = keyspace.freshTable();
    await keyspace.admin.execute(
      `CREATE TABLE ${keyspace.name}.${table} (city varchar, window_start timestamp, n bigint, avg_temperature double, comment list<text>, PRIMARY KEY (city, window_start))`,
    );
    const told = recorder();
    const sink = sinkFor(table, told);
    await sink.open(null);
    await sink.write(batchOf(columns, [['Brest', 0, 1, 2.5]]));
    await sink.close();
    expect(told.notices).toEqual([]);
    expect(await keyspace.rows(table)).toHaveLength(1);
  });

  it('stop the run with every difference when they do not fit', async () => {
    const table = keyspace.freshTable();
    await keyspace.admin.execute(
      `CREATE TABLE ${keyspace.name}.${table} (city text, window_start text, n bigint, PRIMARY KEY ((city, window_start)))`,
    );
    const sink = sinkFor(table);
    await expect(sink.open(null)).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_SCHEMA',
      message: `table ${keyspace.name}.${table} does not fit the pipeline:
  column window_start: stored as text, the pipeline writes timestamp
  column avg_temperature: missing, the pipeline writes double
  primary key: stored as ((city, window_start)), the pipeline has ((city), window_start)
Write to another table (\`table: …\` of the sink), or drop this one.`,
    });
    await sink.close();
  });

  it('say which statement adds a missing column', async () => {
    const table = keyspace.freshTable();
    await keyspace.admin.execute(
      `CREATE TABLE ${keyspace.name}.${table} (city text, window_start timestamp, n bigint, PRIMARY KEY (city, window_start))`,
    );
    const sink = sinkFor(table);
    await expect(sink.open(null)).rejects.toThrow(
      `Add them: ALTER TABLE ${keyspace.name}.${table} ADD avg_temperature double;`,
    );
    await sink.close();
  });

  it('may get a column while rows are written: the server forgets the statement, the sink does not', async () => {
    const table = keyspace.freshTable();
    const told = recorder();
    const sink = sinkFor(table, told);
    await sink.open(null);
    await sink.write(batchOf(columns, [['Brest', 0, 1, 2.5]]));
    await keyspace.admin.execute(`ALTER TABLE ${keyspace.name}.${table} ADD comment text`);
    await sink.write(batchOf(columns, [['Brest', 1, 1, 2.5]]));
    await sink.close();
    expect(await keyspace.rows(table)).toHaveLength(2);
    expect(told.notices).toHaveLength(1);
  });

  it('stop the run when the table is dropped under it', async () => {
    const table = keyspace.freshTable();
    const sink = sinkFor(table);
    await sink.open(null);
    await sink.write(batchOf(columns, [['Brest', 0, 1, 2.5]]));
    await keyspace.admin.execute(`DROP TABLE ${keyspace.name}.${table}`);
    await expect(sink.write(batchOf(columns, [['Brest', 1, 1, 2.5]]))).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_SCHEMA',
      message: `table ${keyspace.name}.${table} does not exist`,
    });
    await sink.close();
  });
});

describe('rows the server refuses for their content', () => {
  it('are found among those of their batch and handed back, the others are written', async () => {
    const table = keyspace.freshTable();
    const told = recorder();
    const texts: Shape = {
      columns: [
        { name: 'city', type: 'string', nullable: false },
        { name: 'note', type: 'string', nullable: false },
      ],
      partitionKey: ['city'],
      clusteringKey: ['note'],
      ttlMs: null,
    };
    const sink = cassandraSink(
      tableNode('cassandra', keyspace.connection, { table, shape: texts }),
      told.context,
    );
    await sink.open(null);
    const long = 'x'.repeat(70_000);
    const rows = Array.from({ length: 60 }, (_, row) => ['Brest', row === 17 ? long : `${row}`]);
    rows.push(['', 'no partition']);
    await sink.write(batchOf(texts.columns, rows));
    await sink.close();
    expect(await keyspace.rows(table)).toHaveLength(59);
    expect(told.refused.map(({ row }) => row).sort()).toEqual([17, 60]);
    expect(told.refused.map(({ reason }) => reason).join(' ')).toMatch(/empty/i);
  });

  it('include a row larger than a mutation may be', async () => {
    const table = keyspace.freshTable();
    const told = recorder();
    const blobs: Shape = {
      columns: [
        { name: 'city', type: 'string', nullable: false },
        { name: 'note', type: 'string', nullable: true },
      ],
      partitionKey: ['city'],
      clusteringKey: [],
      ttlMs: null,
    };
    const sink = cassandraSink(
      tableNode('cassandra', keyspace.connection, { table, shape: blobs }),
      told.context,
    );
    await sink.open(null);
    const rows = [
      ['huge', 'x'.repeat(17 * 1024 * 1024)],
      ['large', 'x'.repeat(1024 * 1024)],
      ['small', 'x'],
    ];
    await sink.write(batchOf(blobs.columns, rows));
    await sink.close();
    expect((await keyspace.rows(table)).map((row) => row.get('city')).sort()).toEqual([
      'large',
      'small',
    ]);
    expect(told.refused.map(({ row }) => row)).toEqual([0]);
  });
});

describe('clients', () => {
  it('are shared by sinks of one connection and closed with the last', async () => {
    const { context } = recorder();
    const first = await acquireClient(keyspace.connection, context);
    const second = await acquireClient(keyspace.connection, context);
    expect(second.client).toBe(first.client);
    await first.release();
    await first.release();
    await second.client.execute('SELECT key FROM system.local');
    await second.release();
    const third = await acquireClient(keyspace.connection, context);
    expect(third.client).not.toBe(first.client);
    await third.release();
  });

  it('say at once when the data center is not there', async () => {
    const { context } = recorder();
    const { options } = keyspace.connection;
    const connection = {
      ...keyspace.connection,
      options: { ...options, local_data_center: 'lyon' },
    };
    await expect(acquireClient(connection, context)).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_CONNECT',
      message: expect.stringContaining('datacenter1') as string,
    });
  });
});
