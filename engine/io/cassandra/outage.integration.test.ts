import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from '../../core/batch.ts';
import type { SinkPort } from '../../graph/ports.ts';
import { batchOf, recorder, type Recorder, type Shape } from '../sink-contract.suite.ts';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import { contactPoints, testKeyspace } from './keyspace.fixture.ts';
import { cassandraSink } from './sink.ts';
import { startProxy, type FaultyProxy } from '../faulty-proxy.fixture.ts';

const keyspace = testKeyspace('sink_outage');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

const shape: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'at', type: 'timestamp', nullable: false },
    { name: 'n', type: 'int', nullable: false },
  ],
  partitionKey: ['city'],
  clusteringKey: ['at'],
  ttlMs: null,
};

let proxy: FaultyProxy;
let told: Recorder;
let sink: SinkPort;
let table: string;

beforeEach(async () => {
  proxy = await startProxy(contactPoints[0] ?? '');
  told = recorder();
  table = keyspace.freshTable();
  const connection = connectionTo(keyspace.name, [proxy.address]);
  sink = cassandraSink(tableNode('cassandra', connection, { table, shape }), told.context);
  await sink.open(null);
});

afterEach(async () => {
  proxy.thaw();
  await sink.close();
  await proxy.close();
});

/** Writes every 20 ms until `end`: 10 rows of their own, and one more version of the same row. */
async function writeThrough(
  end: Promise<unknown>,
): Promise<{ writes: number; acks: Promise<void> }> {
  let ended = false;
  void end.then(() => (ended = true));
  const acks: Promise<void>[] = [];
  let writes = 0;
  while (!(ended as boolean)) {
    const own: Cell[][] = Array.from({ length: 10 }, (_, row) => [
      `city ${row}`,
      1000 + writes,
      writes,
    ]);
    acks.push(sink.write(batchOf(shape.columns, [...own, ['versions', 0, writes]])));
    writes++;
    await delay(20);
  }
  return { writes, acks: Promise.all(acks).then(() => undefined) };
}

async function expectEverything(writes: number): Promise<void> {
  const rows = await keyspace.rows(table);
  expect(rows).toHaveLength(writes * 10 + 1);
  const versions = rows.find((row) => row.get('city') === 'versions');
  expect(versions?.get('n')).toBe(writes - 1);
  expect(told.refused).toEqual([]);
}

describe('a Cassandra that does not answer', () => {
  it('loses and reorders nothing when it is frozen for longer than a request may take', async () => {
    const stall = delay(500)
      .then(() => proxy.freeze())
      .then(() => delay(22_000))
      .then(() => proxy.thaw())
      .then(() => delay(500));
    const { writes, acks } = await writeThrough(stall);
    await acks;
    await expectEverything(writes);
    expect(told.notices[1]).toMatch(/does not take writes \(no answer in time\); trying again/);
    expect(told.notices[2]).toMatch(/still no luck after \d+ s, \d+ requests? waits?/);
    expect(told.notices.at(-1)).toMatch(/takes writes again, after \d+ s/);
    expect(told.notices).toHaveLength(4);
  });

  it('loses and reorders nothing when all connections break and none can be made', async () => {
    const break_ = delay(300)
      .then(() => proxy.cut())
      .then(() => delay(3_000))
      .then(() => proxy.mend())
      .then(() => delay(300));
    const { writes, acks } = await writeThrough(break_);
    await acks;
    await expectEverything(writes);
    expect(told.notices.at(-1)).toMatch(/takes writes again/);
  });

  it('lets a stopped run go at once, with the rows it has not acknowledged', async () => {
    proxy.freeze();
    const write = sink.write(batchOf(shape.columns, [['Brest', 1, 1]]));
    const rejected = expect(write).rejects.toMatchObject({
      code: 'ENG_RUN_STOPPED',
      message: `sink ${table} was stopped with 1 row not acknowledged`,
    });
    await delay(200);
    told.stop();
    await rejected;
  });
});
