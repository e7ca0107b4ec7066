/** `omit`: drops columns. */
import type { RecordStage } from '../contract.ts';
import { checkColumns } from '../../plan/column.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Names of columns. */
export type OmitNames = readonly string[];

/** The `omit` keyword as the language sees it. */
export const omitKeyword: Keyword<OmitNames> = {
  keyword: 'omit',
  family: 'record',
  summary: 'Drops the columns named and keeps the others.',
  fields: fields.list(fields.columnName()),
  aliases: ['drop', 'drop_columns', 'exclude', 'without'],
  example: 'omit: [date, feels_like]',
};

/** The `omit` stage. */
export const omit: RecordStage<OmitNames> = {
  ...omitKeyword,
  family: 'record',
  order: 70,
  plan(names, scope, context) {
    const dropped = checkColumns(names, scope, context);
    const columns = scope.columns.filter((column) => !dropped.includes(column));
    if (columns.length === 0 && scope.broken.size === 0) {
      context.report({
        code: 'invalid-value',
        path: context.path,
        message: '`omit` leaves no column',
        hint: 'keep at least one',
      });
    }
    const broken = new Set([...scope.broken].filter((name) => !names.includes(name)));
    return { operations: [], scope: { ...scope, columns, broken } };
  },
};
