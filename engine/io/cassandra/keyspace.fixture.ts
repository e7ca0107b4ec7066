/** A keyspace of its own on the real server, and a way to read tables of it. */
import { Client } from 'cassandra-driver';
import type { Cell } from '../../core/batch.ts';
import { recorder } from '../sink-contract.suite.ts';
import { connectionTo } from '../table/node.fixture.ts';
import { collect } from '../table/query.ts';
import type { Connection } from '../table/table.ts';
import { cassandraReader } from './query.ts';

/** Contact points of the server under test; the suite's set-up fails when there are none. */
export const contactPoints = (process.env['CASSANDRA_CONTACT_POINTS'] ?? '')
  .split(',')
  .filter((address) => address !== '');

/** A keyspace for one test file. */
export interface TestKeyspace {
  readonly name: string;
  readonly connection: Connection;
  readonly admin: Client;
  readonly create: () => Promise<void>;
  readonly drop: () => Promise<void>;
  /** A table name nobody has used yet. */
  readonly freshTable: () => string;
  readonly rows: (table: string) => Promise<Map<string, Cell>[]>;
}

/** A keyspace named after the process, so that runs do not meet. */
export function testKeyspace(purpose: string): TestKeyspace {
  const name = `${purpose}_${process.pid}`;
  const connection = connectionTo(name, contactPoints);
  const admin = new Client({
    contactPoints: [...contactPoints],
    localDataCenter: 'datacenter1',
    socketOptions: { readTimeout: 60_000 },
  });
  let tables = 0;
  return {
    name,
    connection,
    admin,
    create: async () => {
      await admin.connect();
      await admin.execute(
        `CREATE KEYSPACE IF NOT EXISTS ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
      );
    },
    drop: async () => {
      await admin.execute(`DROP KEYSPACE IF EXISTS ${name}`);
      await admin.shutdown();
    },
    freshTable: () => `t${(tables += 1)}`,
    rows: async (table) => {
      const reader = await cassandraReader(connection, recorder().context);
      try {
        const scan = await reader.scan(table, []);
        const { rows } = await collect(scan, { conditions: [], orderBy: [], limit: Infinity });
        return rows.map(
          (row) => new Map(scan.columns.map(({ name: column }, at) => [column, row[at] as Cell])),
        );
      } finally {
        await reader.close();
      }
    },
  };
}
