/** `select`: keeps columns, in the order named. */
import type { RecordStage } from '../contract.ts';
import { checkColumns } from '../../plan/column.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Names of columns. */
export type SelectNames = readonly string[];

/** The `select` keyword as the language sees it. */
export const selectKeyword: Keyword<SelectNames> = {
  keyword: 'select',
  family: 'record',
  summary: 'Keeps the columns named, in this order, and drops the others.',
  fields: fields.list(fields.columnName()),
  aliases: ['project', 'columns', 'keep', 'take'],
  example: 'select: [city, date, temperature]',
};

/** The `select` stage. Costs nothing: what no one reads any more is not computed. */
export const select: RecordStage<SelectNames> = {
  ...selectKeyword,
  family: 'record',
  order: 60,
  plan(names, scope, context) {
    const columns = checkColumns(names, scope, context);
    const broken = new Set(names.filter((name) => !columns.some((one) => one.name === name)));
    return { operations: [], scope: { ...scope, columns, broken } };
  },
};
