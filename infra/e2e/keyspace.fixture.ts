/** A keyspace of the tests, read by plain CQL. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { type SharedClient, acquireClient } from '../../engine/io/cassandra/client.ts';
import { storedCellOf } from '../../engine/io/cassandra/query.ts';
import type { Row } from './rows.fixture.ts';

/** One keyspace on the server of CASSANDRA_CONTACT_POINTS, or on `contactPoints`. */
export class TestKeyspace {
  readonly name: string;
  readonly #addresses: readonly string[];
  #shared: Promise<SharedClient> | null = null;

  constructor(name: string, contactPoints = process.env['CASSANDRA_CONTACT_POINTS'] ?? '') {
    this.name = name;
    this.#addresses = contactPoints.split(',');
  }

  /** Rows of a query; `%` stands for the keyspace. Integers, timestamps (epoch ms) and booleans as numbers. */
  async query(cql: string): Promise<Row[]> {
    const client = await this.#client();
    // A server that has just been under full load may need more than one try.
    for (let tries = 5; ; tries--) {
      try {
        return await this.#read(client, cql);
      } catch (error) {
        if (tries === 0) throw error;
        await pause(2_000);
      }
    }
  }

  async #read(client: Client, cql: string): Promise<Row[]> {
    const result = await client.execute(cql.replaceAll('%', this.name), [], {
      prepare: false,
      fetchSize: 2_000,
      readTimeout: 60_000,
    });
    const { columns } = result;
    const rows: Row[] = [];
    for await (const row of result) {
      const cells = row.values().map(storedCellOf);
      rows.push(Object.fromEntries(columns.map(({ name }, i) => [name, cells[i] ?? null])));
    }
    return rows;
  }

  /** All rows of a table. */
  rows(table: string): Promise<Row[]> {
    return this.query(`SELECT * FROM %.${table}`);
  }

  /** Name, kind and CQL type of a table's columns, as the server has them. */
  columns(table: string): Promise<Row[]> {
    return this.query(
      `SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = '%' AND table_name = '${table}'`,
    );
  }

  /** Drops the keyspace and leaves the server. */
  async remove(): Promise<void> {
    await this.query(`DROP KEYSPACE IF EXISTS %`);
    await this.release();
  }

  /** Leaves the server as it is. */
  async release(): Promise<void> {
    const shared = this.#shared;
    this.#shared = null;
    await (await shared)?.release();
  }

  async #client(): Promise<Client> {
    this.#shared ??= acquireClient(
      {
        name: 'e2e',
        kind: 'cassandra',
        addresses: this.#addresses,
        options: { local_data_center: 'datacenter1', keyspace: this.name },
      },
      { signal: new AbortController().signal, onNotice: () => undefined },
    );
    return (await this.#shared).client;
  }
}
