/** Tables that somebody changes while rows are written: nothing is lost, nothing wrong is stored. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../core/batch.ts';
import type { SinkPort } from '../../graph/ports.ts';
import { READINGS, batchOf, recorder, type Recorder } from '../sink-contract.suite.ts';
import { tableNode } from '../table/node.fixture.ts';
import { testKeyspace } from './keyspace.fixture.ts';
import { cassandraSink } from './sink.ts';

const keyspace = testKeyspace('sink_drift');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

interface Place {
  readonly table: string;
  readonly told: Recorder;
  readonly sink: SinkPort;
  /** Opens another sink on the same table. */
  readonly again: () => Promise<SinkPort>;
}

async function opened(): Promise<Place> {
  const table = keyspace.freshTable();
  const told = recorder();
  const node = tableNode('cassandra', keyspace.connection, { table, shape: READINGS });
  const again = async (): Promise<SinkPort> => {
    const sink = cassandraSink(node, told.context);
    await sink.open(null);
    return sink;
  };
  return { table, told, sink: await again(), again };
}

const alter = async (cql: string): Promise<void> => {
  await keyspace.admin.execute(cql.replace('%', keyspace.name));
};

/** Readings of a minute each, in partitions of their own and in one. */
const readings = (first: number, count: number) =>
  batchOf(
    READINGS.columns,
    Array.from({ length: count }, (_, i): Cell[] => [
      i % 2 === 0 ? 'Brest' : `city ${first + i}`,
      (first + i) * 60_000,
      12.5,
      'dry',
    ]),
  );

const times = async (table: string): Promise<number[]> =>
  (await keyspace.rows(table)).map((row) => Number(row.get('at')) / 60_000).sort((a, b) => a - b);

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('a table that is changed while rows are written', () => {
  it('loses a column: the sink stops, names it, and says how to add it; then all rows can be written', async () => {
    const { table, told, sink, again } = await opened();
    await sink.write(readings(0, 50));
    await alter(`ALTER TABLE %.${table} DROP note`);
    const rejected = expect(sink.write(readings(50, 250))).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_SCHEMA',
      message: expect.stringMatching(
        new RegExp(`column note: missing.*\\n.*ALTER TABLE .*${table} ADD note text;`),
      ) as string,
    });
    await rejected;
    await expect(sink.write(readings(300, 1))).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_SCHEMA',
    });
    await sink.close();
    // No row is to blame.
    expect(told.refused).toEqual([]);
    await alter(`ALTER TABLE %.${table} ADD note text`);
    const next = await again();
    // As a restart from the last snapshot does: what was not acknowledged comes again.
    await next.write(readings(50, 250));
    await next.close();
    expect(await times(table)).toEqual(upTo(300));
  });

  it('gets a column: nobody notices', async () => {
    const { table, told, sink } = await opened();
    const notices = told.notices.length;
    const writes = Array.from({ length: 20 }, (_, i) => sink.write(readings(i * 20, 20)));
    const altered = alter(`ALTER TABLE %.${table} ADD extra text`);
    for (let i = 20; i < 40; i++) writes.push(sink.write(readings(i * 20, 20)));
    await altered;
    for (let i = 40; i < 50; i++) writes.push(sink.write(readings(i * 20, 20)));
    await Promise.all(writes);
    await sink.close();
    expect(await times(table)).toEqual(upTo(1_000));
    expect(told.refused).toEqual([]);
    expect(told.notices.slice(notices)).toEqual([]);
  });

  it('is made anew with other types, between two writes: nothing is stored in them', async () => {
    const { table, told, sink } = await opened();
    await sink.write(readings(0, 10));
    await alter(`DROP TABLE %.${table}`);
    // Eight bytes of a timestamp would be taken as a bigint, and those of a double as well.
    await alter(
      `CREATE TABLE %.${table} (city text, at bigint, temperature bigint, note text, PRIMARY KEY (city, at))`,
    );
    await expect(sink.write(readings(10, 30))).rejects.toMatchObject({
      code: 'ENG_CASSANDRA_SCHEMA',
      message: expect.stringMatching(
        /at: stored as bigint, the pipeline writes timestamp\n.*temperature: stored as bigint/,
      ) as string,
    });
    await sink.close();
    expect(told.refused).toEqual([]);
    const { rows } = await keyspace.admin.execute(`SELECT * FROM ${keyspace.name}.${table}`);
    expect(rows).toEqual([]);
  });

  it('is made anew as it was: the sink goes on', async () => {
    const { table, told, sink } = await opened();
    await sink.write(readings(0, 10));
    const { rows } = await keyspace.admin.execute(
      `SELECT column_name FROM system_schema.columns WHERE keyspace_name = '${keyspace.name}' AND table_name = '${table}'`,
    );
    expect(rows).toHaveLength(4);
    await alter(`DROP TABLE %.${table}`);
    await alter(
      `CREATE TABLE %.${table} (city text, at timestamp, temperature double, note text, PRIMARY KEY (city, at))`,
    );
    await sink.write(readings(10, 30));
    await sink.close();
    expect(await times(table)).toEqual(upTo(40).slice(10));
    expect(told.refused).toEqual([]);
  });
});
