/** Limits of requests and of the server: what is too large for a batch is not too large for the table. */
import { types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../core/batch.ts';
import { READINGS, batchOf, recorder } from '../sink-contract.suite.ts';
import { tableNode } from '../table/node.fixture.ts';
import { tableOf } from '../table/table.ts';
import { batchFrame } from './batch-frame.ts';
import { acquireClient } from './client.ts';
import { insertCql } from './ddl.ts';
import { Dispatcher } from './dispatch.ts';
import { openRawBatches } from './driver-seam.ts';
import type { Group } from './group.ts';
import { testKeyspace } from './keyspace.fixture.ts';
import { RowEncoder, type Ticket } from './row.ts';
import { checkTable, ensureTable } from './schema.ts';
import { cassandraSink } from './sink.ts';

const keyspace = testKeyspace('sink_limits');
beforeAll(keyspace.create);
afterAll(keyspace.drop);

/** By the server's default; batches of more than one partition above it are refused. */
const FAIL_THRESHOLD = 50 * 1024;
/** Header, and what is around the rows. */
const ENVELOPE_BYTES = 15;

const bound = { id: Buffer.alloc(16), consistency: types.consistencies.localQuorum };
const bytesOf = (group: Group<Ticket>): number => batchFrame(group, bound, 0).length;
const partitionsOf = ({ owners, rows }: Group<Ticket>): number =>
  new Set(rows.map((row, i) => owners[i]?.columns[0]?.keyOf(row))).size;

/** Lengths of notes: many small, some around each limit, some above all of them. */
const LENGTHS = [
  ...Array.from({ length: 900 }, (_, i) => (i * 7919) % 400),
  ...Array.from({ length: 60 }, (_, i) => (i * 104_729) % 9_000),
  ...[4_500, 4_607, 4_608, 16_200, 16_383, 16_384, 20_000, 30_000, 51_500, 52_000, 1_000_000],
];

const rowsOf = (lengths: readonly number[], cityOf: (row: number) => string): Cell[][] =>
  lengths.map((length, row) => [cityOf(row), row, length, 'x'.repeat(length)]);

describe('requests to the real server', () => {
  it.each([
    ['one partition', () => 'Brest'],
    ['seven partitions', (row: number) => `city ${row % 7}`],
    ['a partition a row', (row: number) => `city ${row}`],
  ])(
    'of %s hold at most 100 rows and 16 KiB, or one row that is larger; all rows arrive',
    async (_, cityOf) => {
      const table = keyspace.freshTable();
      const told = recorder();
      const sent: Group<Ticket>[] = [];
      const node = tableNode('cassandra', keyspace.connection, { table, shape: READINGS });
      const sink = cassandraSink(node, told.context, async (client, statement) => {
        const send = await openRawBatches(client, statement);
        if (send === null) throw new Error('the fast way is not taken');
        return (group) => {
          sent.push(group);
          return send(group);
        };
      });
      await sink.open(null);
      await sink.write(batchOf(READINGS.columns, rowsOf(LENGTHS, cityOf)));
      await sink.close();
      for (const group of sent) {
        const bytes = bytesOf(group) - ENVELOPE_BYTES;
        expect(group.rows.length).toBeLessThanOrEqual(100);
        if (group.rows.length > 1) expect(bytes).toBeLessThanOrEqual(16 * 1024);
        if (partitionsOf(group) > 1) expect(bytes).toBeLessThanOrEqual(5 * 1024);
        expect(partitionsOf(group)).toBeLessThanOrEqual(10);
      }
      expect(sent.filter((group) => bytesOf(group) > FAIL_THRESHOLD)).toHaveLength(3);
      expect(sent.flatMap(({ rows }) => rows)).toHaveLength(LENGTHS.length);
      const stored = await keyspace.rows(table);
      const lengths = new Map(
        stored.map((row) => [Number(row.get('at')), String(row.get('note')).length]),
      );
      expect(lengths).toEqual(new Map(LENGTHS.map((length, row) => [row, length])));
      expect(told.refused).toEqual([]);
    },
  );

  it('that the server finds too large are halved until it takes them: no row is refused', async () => {
    const table = keyspace.freshTable();
    const node = tableNode('cassandra', keyspace.connection, { table, shape: READINGS });
    const told = recorder();
    const { client, outage, release } = await acquireClient(keyspace.connection, told.context);
    await ensureTable(client, keyspace.connection, tableOf(node));
    const send = await openRawBatches(client, insertCql(tableOf(node)));
    const lengths = Array.from({ length: 80 }, () => 2_000);
    const batch = batchOf(
      READINGS.columns,
      rowsOf(lengths, (row) => `city ${row}`),
    );
    const { ticket } = new RowEncoder(tableOf(node)).admit(batch, 1_711_580_400_000_000n, 0);
    const rows = lengths.map((_, row) => row);
    const tooLarge: Group<Ticket> = {
      ...{ owners: rows.map(() => ticket), rows, bytes: 160_000, partitions: 80 },
    };
    const failures: string[] = [];
    const delivered: number[] = [];
    const stop = new AbortController();
    await new Promise<void>((resolve, reject) => {
      const dispatcher = new Dispatcher<Ticket>(
        {
          execute: async (group) => {
            try {
              await send?.(group);
            } catch (error) {
              failures.push((error as Error).message);
              throw error;
            }
          },
          checkTable: () => checkTable(client, tableOf(node)),
          onDelivered: (group) => {
            delivered.push(...group.rows);
            if (delivered.length === rows.length) resolve();
          },
          onRefused: (_, reason) => reject(new Error(reason)),
          onFatal: reject,
          onNotice: () => undefined,
        },
        outage,
        stop.signal,
      );
      dispatcher.enqueue([tooLarge]);
    });
    // Whole, and its halves; its quarters are below the threshold.
    expect(failures).toEqual(Array(3).fill('Batch too large'));
    expect(delivered.sort((a, b) => a - b)).toEqual(rows);
    expect(await keyspace.rows(table)).toHaveLength(rows.length);
    await release();
  });
});
