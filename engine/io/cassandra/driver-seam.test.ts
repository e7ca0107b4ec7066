import { createRequire } from 'node:module';
import fc from 'fast-check';
import { types } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import type { Cell, Column } from '../../core/batch.ts';
import { batchOf, recordOrigin } from '../sink-contract.suite.ts';
import { batchFrame } from './batch-frame.ts';
import { driverInsides, driverVersion, KNOWN_VERSION } from './driver-seam.ts';
import type { Group } from './group.ts';
import { paramsOf, RowEncoder, type Ticket } from './row.ts';

const require = createRequire(import.meta.url);
const { BatchRequest } = require('cassandra-driver/lib/requests.js') as {
  BatchRequest: new (
    queries: readonly object[],
    options: object,
  ) => { write(encoder: object, streamId: number): Buffer };
};
const Encoder = require('cassandra-driver/lib/encoder.js') as new (
  version: number,
  options: object,
) => object;

const columns: readonly Column[] = [
  { name: 'city', type: 'string', nullable: false },
  { name: 'note', type: 'string', nullable: true },
  { name: 'b', type: 'bool', nullable: true },
  { name: 'i', type: 'int', nullable: true },
  { name: 'l', type: 'long', nullable: true },
  { name: 'f', type: 'float', nullable: true },
  { name: 'd', type: 'double', nullable: true },
  { name: 't', type: 'timestamp', nullable: true },
];
const DRIVER_TYPES = ['text', 'text', 'boolean', 'int', 'bigint', 'float', 'double', 'timestamp'];

const table = {
  keyspace: 'k',
  table: 't',
  columns: columns.map(({ name, type }) => ({ name, type })),
  partitionKey: ['city'],
  clusteringKey: ['l'],
  descending: [],
  ttlMs: null,
};

const integer = fc.maxSafeInteger();
const rowCells: fc.Arbitrary<Cell[]> = fc.tuple(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.option(fc.string({ unit: 'binary', maxLength: 40 })),
  fc.option(fc.nat(1)),
  fc.option(fc.integer()),
  integer,
  fc.option(fc.float()),
  fc.option(fc.double()),
  fc.option(integer),
);

/** What a person would bind: the driver's own values and types. */
function driverParams(cells: readonly Cell[], timestamp: bigint, ifNull: null | undefined) {
  const params = cells.map((cell, index) => {
    if (cell === null) return ifNull;
    const type = DRIVER_TYPES[index];
    if (type === 'boolean') return cell === 1;
    return type === 'bigint' || type === 'timestamp' ? types.Long.fromNumber(Number(cell)) : cell;
  });
  return [...params, types.Long.fromString(String(timestamp))];
}

describe('batches handed to the driver as finished frames', () => {
  it('have the bytes the driver would write itself', () => {
    const id = Buffer.from('0123456789abcdef');
    const encoder = new Encoder(4, { encoding: { useUndefinedAsUnset: true } });
    const code = (name: string): object => ({
      type: { code: types.dataTypes[name as 'text'], info: null },
    });
    const meta = { columns: [...DRIVER_TYPES, 'bigint'].map(code) };
    const options = {
      getOrGenerateTimestamp: () => null,
      getHints: () => [],
      isBatchCounter: () => false,
      isBatchLogged: () => false,
      isQueryTracing: () => false,
      getCustomPayload: () => null,
      getConsistency: () => types.consistencies.localQuorum,
      getSerialConsistency: () => null,
      getKeyspace: () => null,
    };
    fc.assert(
      fc.property(
        fc.array(rowCells, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        fc.nat(32_767),
        (rows, isWindow, asBytes, streamId) => {
          const origin = isWindow
            ? ({ kind: 'window', stage: 's' } as const)
            : recordOrigin(rows.length);
          const batch = batchOf(columns, rows, origin, asBytes);
          const first = 1_711_580_400_000_000n;
          const { ticket, refused } = new RowEncoder(table).admit(batch, first, 0);
          expect(refused).toEqual([]);
          const group: Pick<Group<Ticket>, 'owners' | 'rows'> = {
            owners: rows.map(() => ticket),
            rows: rows.map((_, row) => row),
          };
          const queries = rows.map((cells, row) => ({
            queryId: id,
            meta,
            params: driverParams(cells, first + BigInt(row), isWindow ? null : undefined),
          }));
          const consistency = types.consistencies.localQuorum;
          const expected = new BatchRequest(queries, options).write(encoder, streamId);
          expect(batchFrame(group, { id, consistency }, streamId)).toEqual(expected);
          // The public way binds the same values.
          const bound = queries.map((query, row) => ({ ...query, params: paramsOf(ticket, row) }));
          expect(new BatchRequest(bound, options).write(encoder, streamId)).toEqual(expected);
        },
      ),
    );
  });

  it('rely on insides of one version of the driver, which is the one installed', () => {
    expect(driverVersion()).toBe(KNOWN_VERSION);
    const { RequestHandler, DefaultExecutionOptions, PrepareHandler } = driverInsides();
    expect(typeof RequestHandler.send).toBe('function');
    expect(typeof DefaultExecutionOptions.create).toBe('function');
    expect(typeof PrepareHandler.getPrepared).toBe('function');
  });
});
