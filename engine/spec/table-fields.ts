/** What sinks that write to a table with a primary key are told. */
import { z } from 'zod';
import * as fields from './fields.ts';

/** A table and its key. */
export interface TableArgs {
  /** Name of the connection; null: the one called `cassandra`. */
  readonly connection: string | null;
  readonly table: string;
  readonly primaryKey: {
    /** Columns that make the partition; at least one. */
    readonly partition: readonly string[];
    /** Columns that sort and tell apart rows of a partition. */
    readonly clustering: readonly string[];
  };
  /** Order of clustering columns where it is not ascending; column → order. */
  readonly clusteringOrder: ReadonlyMap<string, 'asc' | 'desc'>;
  /** How long a row lives past window_end or event time; null: for ever. */
  readonly ttlMs: number | null;
  /** True: rows of a window share a key on purpose, the last one stays (K1). */
  readonly latest: boolean;
}

/** As in CQL: the first item is the partition key, a list when it has several columns. */
const primaryKey = z
  .array(z.union([fields.columnName(), fields.list(fields.columnName())]))
  .min(1)
  .transform(([partition, ...clustering], context) => ({
    partition: [partition ?? []].flat(),
    clustering: clustering.map((name, index) => {
      if (typeof name === 'string') return name;
      context.addIssue({
        code: 'custom',
        message: 'only the first item, the partition key, can be a list',
        params: { code: 'wrong-type', hint: 'e.g. `[[city, date], window_start]`' },
        path: [index + 1],
      });
      return z.NEVER;
    }),
  }));

/** Fields of such a sink. */
export const tableFields = z
  .strictObject({
    connection: fields.maybe(
      fields.identifier('a connection').describe('Which connection, when not `cassandra`.'),
    ),
    table: fields.identifier('a table').describe('The table.'),
    primary_key: primaryKey.describe(
      'As in CQL: `[[city, date]]` is a partition key of two columns, `[[city], window_start]` one of city, sorted by window_start.',
    ),
    clustering: z
      .record(fields.columnName(), fields.choice(['asc', 'desc']))
      .optional()
      .describe('Order of clustering columns, e.g. `{ window_start: desc }` (default asc).'),
    ttl: fields.maybe(
      fields.period().describe('How long rows live, from window_end or event time.'),
    ),
    latest: fields.otherwise(
      fields.flag().describe('Rows of several windows share a key: the last one stays.'),
      false,
    ),
  })
  .transform(({ connection, table, primary_key, clustering, ttl, latest }) => ({
    connection,
    table,
    primaryKey: primary_key,
    clusteringOrder: new Map(Object.entries(clustering ?? {})),
    ttlMs: ttl,
    latest,
  }));
