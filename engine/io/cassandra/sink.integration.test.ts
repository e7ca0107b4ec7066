import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READINGS, batchOf, describeSink, recorder } from '../sink-contract.suite.ts';
import { tableNode } from '../table/node.fixture.ts';
import { acquireClient } from './client.ts';
import { openRawBatches } from './driver-seam.ts';
import { testKeyspace } from './keyspace.fixture.ts';
import { publicBatches } from './public-batches.ts';
import { cassandraSink, type OpenBatches } from './sink.ts';

const keyspace = testKeyspace('sink_contract');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

const ways: readonly (readonly [string, OpenBatches | undefined])[] = [
  ['cassandra', undefined],
  [
    'cassandra by the driver’s public interface',
    async (client, statement) => publicBatches(client, statement),
  ],
];

for (const [name, openBatches] of ways) {
  describeSink(name, {
    upserts: true,
    refusesNullKeys: true,
    keepsNegativeZero: true,
    expires: true,
    place: async (shape) => {
      const table = keyspace.freshTable();
      const node = tableNode('cassandra', keyspace.connection, { table, shape });
      return {
        sink: (context) => cassandraSink(node, context, openBatches),
        rows: () => keyspace.rows(table),
        remove: async () => {
          await keyspace.admin.execute(`DROP TABLE IF EXISTS ${keyspace.name}.${table}`);
        },
      };
    },
  });
}

describe('the fast way', () => {
  it('is taken on one node with the pinned driver', async () => {
    const shared = await acquireClient(keyspace.connection, recorder().context);
    const select = 'SELECT key FROM system.local';
    expect(await openRawBatches(shared.client, select)).not.toBeNull();
    await shared.release();
  });
});

describe('rows of one partition that come one after the other', () => {
  it('are sent at once when they come rarely, together when they come often', async () => {
    const node = tableNode('cassandra', keyspace.connection, {
      table: keyspace.freshTable(),
      shape: READINGS,
    });
    const requests: number[] = [];
    const sink = cassandraSink(node, recorder().context, async (client, statement) => {
      const send = publicBatches(client, statement);
      return (group) => {
        requests.push(group.rows.length);
        return send(group);
      };
    });
    await sink.open(null);
    const write = (at: number): Promise<void> =>
      sink.write(batchOf(READINGS.columns, [['Brest', at, 12, null]]));
    await write(0);
    expect(requests).toEqual([1]);
    const writes: Promise<void>[] = [];
    for (let at = 1; at <= 200; at++) {
      writes.push(write(at));
      await turn();
    }
    await sink.flush();
    await Promise.all(writes);
    expect(requests.reduce((sum, rows) => sum + rows, 0)).toBe(201);
    expect(Math.max(...requests)).toBeGreaterThan(20);
    await sink.close();
  });
});
