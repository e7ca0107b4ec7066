/** `cassandra`: writes rows to a table. */
import type { SinkStage } from '../contract.ts';
import { planTable } from '../../plan/table.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { tableFields } from '../../spec/table-fields.ts';
import type { TableArgs } from '../../spec/table-fields.ts';

/** Validated fields of the `cassandra` sink. */
export type CassandraSinkArgs = TableArgs;

/** The `cassandra` sink as the language sees it. */
export const cassandraKeyword: Keyword<CassandraSinkArgs> = {
  keyword: 'cassandra',
  family: 'sink',
  summary:
    'Writes rows to a table of Cassandra, created when it is not there; a row replaces the one with its key.',
  fields: tableFields,
  aliases: ['scylla', 'scylladb', 'cql'],
  example: 'cassandra: { table: weather_10m, primary_key: [[city], window_start], ttl: 30d }',
};

/** The `cassandra` sink. */
export const cassandra: SinkStage<CassandraSinkArgs> = {
  ...cassandraKeyword,
  family: 'sink',
  plan: (args, input, context) => planTable('cassandra', args, input, context),
};
