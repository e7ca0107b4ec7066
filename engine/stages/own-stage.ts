/** A row-wise stage of an extension as a stage of the language: its keyword and its planner. */
import type { Column, ColumnType } from '../core/batch.ts';
import type { StageDefinition } from '../core/extension/define.ts';
import type { OwnArgs, OwnColumn } from '../core/extension/own-operation.ts';
import { planExpression } from '../plan/expression.ts';
import type { Operation, PlanColumn, PlanContext, Scope } from '../plan/planner.ts';
import * as fields from '../spec/fields.ts';
import { kindOf, scalar } from '../spec/scalar.ts';
import type { RecordStage } from './contract.ts';

type Written = Readonly<Record<string, string | number | boolean>>;

/** Between `lookup` and `set`, so that `set` sees what it adds. */
const ORDER = 45;

/** The stage that a definition means. */
export function ownStage(definition: StageDefinition): RecordStage<Written> {
  const { keyword, summary, example, inputs, settings = {}, outputs, version = 1 } = definition;
  return {
    ...{ keyword, family: 'record', summary, example, aliases: [], order: ORDER },
    fields: fieldsOf(definition),
    produces: () => Object.keys(outputs),
    plan(written, scope, context) {
      const operations: Operation[] = [];
      let { slots } = scope;
      const read: OwnColumn[] = [];
      for (const [name, type] of Object.entries(inputs)) {
        const input = inputOf(String(written[name]), { name, type }, scope, context);
        if (input === null) continue;
        if (input.kind === 'column') {
          read.push({ name, type, slot: input.slot });
          continue;
        }
        operations.push({ operation: 'set', args: { slot: slots, value: input, name } });
        read.push({ name, type, slot: slots++ });
      }
      const added = Object.entries(outputs).map(([name, type]): PlanColumn => {
        return { name, type, nullable: true, slot: slots++ };
      });
      const chosen = Object.keys(settings).map((name) => [name, written[name]] as const);
      const args: OwnArgs = {
        version,
        settings: Object.fromEntries(chosen) as OwnArgs['settings'],
        inputs: read,
        outputs: added.map(({ name, type, slot }) => ({ name, type, slot })),
      };
      operations.push({ operation: keyword, args });
      return { operations, scope: { ...scope, columns: withAdded(scope, added, context), slots } };
    },
  };
}

/** The options: expressions as texts, and settings with their defaults. */
function fieldsOf({ inputs, settings = {} }: StageDefinition): RecordStage<Written>['fields'] {
  const expressions = Object.entries(inputs).map(
    ([name, type]) => [name, fields.expression().describe(`A ${type}.`)] as const,
  );
  const constants = Object.entries(settings).map(
    ([name, fallback]) =>
      [
        name,
        fields.otherwise(constantLike(fallback), fallback).describe('The same for all rows.'),
      ] as const,
  );
  return fields.object(Object.fromEntries([...expressions, ...constants]));
}

/** A value of the kind that a default is of. */
function constantLike(
  fallback: string | number | boolean,
): RecordStage<string | number | boolean>['fields'] {
  if (typeof fallback === 'boolean') return fields.flag();
  if (typeof fallback === 'string') return fields.text();
  return scalar<number>({
    ...{ what: 'a number', json: { type: 'number' } },
    read: (value) => {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return { value: number };
      return { code: 'wrong-type', message: `expected a number, found ${kindOf(value)}` };
    },
  });
}

/** An expression of the type that is wanted; whole numbers do where others are. */
function inputOf(
  text: string,
  { name, type }: Pick<Column, 'name' | 'type'>,
  scope: Scope,
  context: PlanContext,
): ReturnType<typeof planExpression> {
  const at = { ...context, path: [...context.path, name] };
  const expression = planExpression(text, scope, at);
  if (expression === null || fits(expression.type, type)) return expression;
  context.report({
    ...{ code: 'type-mismatch', path: at.path },
    message: `${name} is ${expression.type}, and ${type} is wanted`,
    hint: `write cast(… as ${type})`,
  });
  return null;
}

const NUMBERS: readonly ColumnType[] = ['int', 'long', 'float', 'double'];

/** Numbers may be of any type that is not wider. */
const fits = (type: ColumnType, wanted: ColumnType): boolean =>
  type === wanted ||
  (NUMBERS.includes(type) && NUMBERS.indexOf(wanted) > NUMBERS.indexOf(type) && wanted !== 'float');

/** The columns after it; its own must be new. */
function withAdded(
  { columns }: Scope,
  added: readonly PlanColumn[],
  { report, path }: PlanContext,
): PlanColumn[] {
  for (const { name } of added) {
    if (!columns.some((column) => column.name === name)) continue;
    const message = `it adds a column ${name}, which is there already`;
    report({ code: 'duplicate-column', path, atKey: true, message, hint: 'omit that one before' });
  }
  return [...columns.filter(({ name }) => !added.some((one) => one.name === name)), ...added];
}
