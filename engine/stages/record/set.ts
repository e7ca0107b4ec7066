/** `set`: computes columns. */
import { planExpression } from '../../plan/expression.ts';
import type { Operation, PlanColumn, Scope } from '../../plan/planner.ts';
import type { RecordStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';

/** Column → text of its expression, in the order written. */
export type SetTexts = ReadonlyMap<string, string>;

/** The `set` keyword as the language sees it. */
export const setKeyword: Keyword<SetTexts> = {
  keyword: 'set',
  family: 'record',
  summary: 'Adds columns, or replaces them, in the order written; each sees those before it.',
  fields: fields.mapOf(fields.columnName(), fields.expression()),
  aliases: ['map', 'compute', 'with_column', 'with_columns', 'assign', 'derive', 'mutate'],
  example: 'set:\n  temperature_minus_feels_like: temperature - feels_like',
};

/** The `set` stage. */
export const set: RecordStage<SetTexts> = {
  ...setKeyword,
  family: 'record',
  order: 50,
  produces: (texts) => texts.keys(),
  plan(texts, scope, context) {
    const operations: Operation[] = [];
    const names = [...texts.keys()];
    let after: Scope = scope;
    names.forEach((name, index) => {
      const visible = { ...after, later: laterThan(names.slice(index + 1), after.columns) };
      const at = { ...context, path: [...context.path, name] };
      const value = planExpression(texts.get(name) ?? '', visible, at);
      if (value === null) {
        after = without(after, name);
        return;
      }
      const slot = after.slots;
      const { type, nullable } = value;
      operations.push({ operation: 'set', args: { slot, value, name } });
      after = withColumn(after, { name, type, nullable, slot });
    });
    return { operations, scope: after };
  },
};

/** Columns that are only set further down; those that exist already can be read all the same. */
const laterThan = (
  names: readonly string[],
  columns: readonly PlanColumn[],
): ReadonlyMap<string, string> =>
  new Map(
    names.flatMap((name) => (columns.some((one) => one.name === name) ? [] : [[name, 'set']])),
  );

/** A column of the same name gives its place to the new one. */
function withColumn(scope: Scope, column: PlanColumn): Scope {
  const { name } = column;
  const replaced = scope.columns.map((one) => (one.name === name ? column : one));
  const columns = replaced.includes(column) ? replaced : [...replaced, column];
  return { ...scope, columns, slots: column.slot + 1 };
}

/** The scope in which a column is neither there nor missed. */
const without = (scope: Scope, name: string): Scope => ({
  ...scope,
  columns: scope.columns.filter((one) => one.name !== name),
  broken: new Set([...scope.broken, name]),
});
