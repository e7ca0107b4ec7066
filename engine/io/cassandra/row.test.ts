import { describe, expect, it } from 'vitest';
import type { Cell, RowOrigin } from '../../core/batch.ts';
import { batchOf, recordOrigin, type Shape } from '../sink-contract.suite.ts';
import { connectionTo, tableNode } from '../table/node.fixture.ts';
import { tableOf } from '../table/table.ts';
import { paramsOf, RowEncoder, rowSizeOf } from './row.ts';

const HOUR = 3_600_000;
const NOW = 1_711_580_400_000;

const shape: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'window_end', type: 'timestamp', nullable: false },
    { name: 'note', type: 'string', nullable: true },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
};

const encoderOf = (changes: Partial<Shape> = {}) =>
  new RowEncoder(
    tableOf(
      tableNode('cassandra', connectionTo('k', []), {
        table: 't',
        shape: { ...shape, ...changes },
      }),
    ),
  );

const window: RowOrigin = { kind: 'window', stage: 'ten_minutes' };
const admit = (rows: Cell[][], changes: Partial<Shape> = {}, origin: RowOrigin = window) =>
  encoderOf(changes).admit(batchOf(shape.columns, rows, origin), 1_000_000_000_000_001n, NOW);

describe('rows of a batch', () => {
  it('R5: have rising write timestamps as their last parameter', () => {
    const { ticket } = admit([
      ['Brest', NOW, NOW, null],
      ['Paris', NOW, NOW, null],
    ]);
    const timestamps = [0, 1].map((row) => paramsOf(ticket, row).at(-1)?.readBigInt64BE());
    expect(timestamps).toEqual([1_000_000_000_000_001n, 1_000_000_000_000_002n]);
  });

  it('K2: bind null in window rows and leave it unset in records', () => {
    const rows = [['Brest', NOW, NOW, null]];
    expect(paramsOf(admit(rows).ticket, 0)[3]).toBeNull();
    expect(paramsOf(admit(rows, {}, recordOrigin(1)).ticket, 0)[3]).toBeUndefined();
  });

  it('K2: take what is left of their ttl from window_end, in seconds rounded up', () => {
    const { ticket, skip, expired } = admit(
      [
        ['a', NOW, NOW, null],
        ['b', NOW, NOW - HOUR + 1, null],
        ['c', NOW, NOW - HOUR, null],
        ['d', NOW, NOW + 30 * 365 * 24 * HOUR, null],
      ],
      { ttlMs: HOUR },
    );
    const ttls = [0, 1, 2, 3].map((row) => paramsOf(ticket, row).at(-1)?.readInt32BE());
    expect(ttls).toEqual([3600, 1, 0, 630_720_000]);
    expect([...(skip ?? [])]).toEqual([0, 0, 1, 0]);
    expect({ expired, left: ticket.left }).toEqual({ expired: 1, left: 3 });
  });

  it('K2: take what is left of their ttl from event time when they are records', () => {
    const { expired, ticket } = admit(
      [
        ['a', 0, 0, null],
        ['b', 0, 0, null],
      ],
      { ttlMs: HOUR },
      recordOrigin(2, NOW - HOUR),
    );
    // The second is a second younger.
    expect({ expired, left: ticket.left }).toEqual({ expired: 1, left: 1 });
  });

  it('share a partition when their partition keys are equal, from bytes and from text', () => {
    const encoder = encoderOf();
    const rows: Cell[][] = [
      ['Orléans', 1, 1, null],
      ['Orléans', 2, 1, null],
      ['Paris', 1, 1, null],
    ];
    const [bytes, text] = [true, false].map(
      (asBytes) => encoder.admit(batchOf(shape.columns, rows, window, asBytes), 1n, NOW).ticket,
    );
    const keys = [bytes!, text!].map((ticket) =>
      rows.map((_, row) => encoder.partitionOf(ticket, row)),
    );
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]![0]).toBe(keys[0]![1]);
    expect(keys[0]![0]).not.toBe(keys[0]![2]);
  });

  it('never share a composite partition by accident', () => {
    const encoder = encoderOf({ partitionKey: ['city', 'note'] });
    const rows: Cell[][] = [
      ['a', 1, 1, 'bc'],
      ['ab', 1, 1, 'c'],
    ];
    const { ticket } = encoder.admit(batchOf(shape.columns, rows, window), 1n, NOW);
    expect(encoder.partitionOf(ticket, 0)).not.toBe(encoder.partitionOf(ticket, 1));
  });

  it('have no company when the partition key is the whole key', () => {
    const encoder = encoderOf({ clusteringKey: [] });
    const { ticket } = encoder.admit(batchOf(shape.columns, [['a', 1, 1, null]]), 1n, NOW);
    expect(encoder.partitionOf(ticket, 0)).toBeNull();
  });

  it('are estimated with every byte they take', () => {
    const { ticket } = admit([['Orléans', 1, 1, 'é']]);
    // 21 for the statement, 5 cells with a length each: 8 + 8 + 8 fixed, 8 + 2 of text.
    expect(rowSizeOf(ticket, 0)).toBe(21 + 5 * 4 + 24 + 10);
  });
});
