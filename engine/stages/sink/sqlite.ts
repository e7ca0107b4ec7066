/** `sqlite`: the table of a `cassandra` sink in a file on this machine. */
import type { SinkStage } from '../contract.ts';
import { planTable } from '../../plan/table.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { tableFields } from '../../spec/table-fields.ts';
import type { TableArgs } from '../../spec/table-fields.ts';

/** What normalising puts in the place of a `cassandra` sink: the same arguments. */
export type SqliteSinkArgs = TableArgs;

/** The internal `sqlite` sink. */
export const sqliteKeyword: Keyword<SqliteSinkArgs> = {
  keyword: 'sqlite',
  family: 'sink',
  summary: 'Writes rows to a table of a database file.',
  fields: tableFields,
  aliases: [],
  example: '',
  internal: true,
};

/** The internal `sqlite` sink. */
export const sqlite: SinkStage<SqliteSinkArgs> = {
  ...sqliteKeyword,
  family: 'sink',
  plan: (args, input, context) => planTable('sqlite', args, input, context),
};
