/** `where`: keeps rows for which a condition is true. */
import { planPredicate } from '../../plan/expression.ts';
import type { RecordStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** The text of the condition. */
export type WhereText = string;

/** The `where` keyword as the language sees it. */
export const whereKeyword: Keyword<WhereText> = {
  keyword: 'where',
  family: 'record',
  summary: 'Keeps the rows for which a condition is true; false and null are filtered.',
  fields: fields.expression(),
  aliases: ['filter', 'condition', 'having_row'],
  example: 'where: temperature between -90 and 60',
};

/** The `where` stage. */
export const where: RecordStage<WhereText> = {
  ...whereKeyword,
  family: 'record',
  order: 10,
  plan(text, scope, context) {
    const predicate = planPredicate(text, scope, context);
    const operations = predicate === null ? [] : [{ operation: 'where', args: { predicate } }];
    return { operations, scope };
  },
};
