/** `explode`: a row for each element of an array. */
import { type ElementType, elementOf } from '../../core/array.ts';
import { isArray } from '../../core/batch.ts';
import type { ExplodeArgs, ExplodedColumn } from '../../core/operation/explode.ts';
import { suggest } from '../../core/suggest.ts';
import { checkColumn } from '../../plan/column.ts';
import type { PlanColumn, PlanContext, Scope } from '../../plan/planner.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import type { RecordStage } from '../contract.ts';

/** Validated fields of `explode`. */
export interface ExplodeFields {
  readonly column: string;
  /** Name of the new column, or new columns and the members of the structs that they hold. */
  readonly as: string | ReadonlyMap<string, string>;
  readonly empty: ExplodeArgs['empty'];
}

/** The `explode` keyword as the language sees it. */
export const explodeKeyword: Keyword<ExplodeFields> = {
  keyword: 'explode',
  family: 'record',
  summary:
    'Makes a row of each element of an array; the other columns are the same in all of them. Where the array is empty or null there is no row.',
  fields: fields.object({
    column: fields.columnName().describe('The column that holds the array.'),
    as: fields
      .either(fields.columnName(), fields.mapOf(fields.columnName(), fields.columnName()))
      .describe(
        'The new column; where elements are structs, new columns and the members they hold, e.g. `{ condition: main }`.',
      ),
    empty: fields.otherwise(
      fields
        .choice(['drop', 'null'])
        .describe('`null`: a row with null where the array is empty or null (default drop).'),
      'drop' as const,
    ),
  }),
  aliases: ['unnest', 'flatten', 'flat_map', 'unwind', 'expand'],
  example: 'explode: { column: values, as: value }',
};

/** The `explode` stage. */
export const explode: RecordStage<ExplodeFields> = {
  ...explodeKeyword,
  family: 'record',
  order: 40,
  isExploding: true,
  produces: ({ as }) => (typeof as === 'string' ? [as] : as.keys()),
  plan(args, scope, context) {
    const { column: name, empty } = args;
    const path = [...context.path, 'column'];
    const column = checkColumn(name, scope, { report: context.report, path });
    const taken = column === null ? null : takenFrom(column, args, { scope, context });
    if (column === null || taken === null) return { operations: [], scope: broken(scope, args) };
    const take = taken.map(({ name, slot, type, member }) => ({ name, slot, type, member }));
    const operation = { column: { name, slot: column.slot }, take, empty } satisfies ExplodeArgs;
    const added = taken.map(({ name, slot, type, nullable }): PlanColumn => ({
      ...{ name, slot, type, nullable },
    }));
    const kept = scope.columns.filter((one) => !added.some((other) => other.name === one.name));
    return {
      operations: [{ operation: 'explode', args: operation }],
      scope: { ...scope, columns: [...kept, ...added], slots: scope.slots + added.length },
    };
  },
};

type Taken = ExplodedColumn & { readonly nullable: boolean };

/** The new columns, or null after reporting. */
function takenFrom(
  { name, type }: PlanColumn,
  { as, empty }: ExplodeFields,
  { scope, context }: { scope: Scope; context: PlanContext },
): Taken[] | null {
  const { report, path } = context;
  if (!isArray(type)) {
    const message = `${name} is ${type}: only an array has elements`;
    const hint = 'declare it in the schema, e.g. as `array<double>`';
    report({ code: 'type-mismatch', path: [...path, 'column'], message, hint });
    return null;
  }
  const element = elementOf(type);
  const isOuter = empty === 'null';
  if (element.kind === 'scalar' && typeof as === 'string') {
    const nullable = isOuter || !element.required;
    return [{ name: as, slot: scope.slots, type: element.type, member: null, nullable }];
  }
  if (element.kind === 'scalar' || typeof as === 'string') {
    reportForm(element, context);
    return null;
  }
  const taken = Array.from(as, ([column, member], i): Taken | null => {
    const field = element.fields.find((one) => one.name === member);
    if (field === undefined) {
      reportMember(member, element, { ...context, path: [...path, 'as', column] });
      return null;
    }
    const nullable = isOuter || !field.required;
    return { name: column, slot: scope.slots + i, type: field.type, member, nullable };
  });
  return taken.every((one) => one !== null) ? taken : null;
}

function reportForm(element: ElementType, { report, path }: PlanContext): void {
  const isStruct = element.kind === 'struct';
  report({
    code: 'invalid-value',
    path: [...path, 'as'],
    message: isStruct
      ? 'the elements are structs: say which of their members become columns'
      : 'the elements are single values: name one column for them',
    hint: isStruct
      ? `e.g. \`as: { ${element.fields.map(({ name }) => `${name}: ${name}`).join(', ')} }\``
      : 'e.g. `as: value`',
  });
}

function reportMember(
  member: string,
  element: Extract<ElementType, { kind: 'struct' }>,
  { report, path }: PlanContext,
): void {
  const names = element.fields.map(({ name }) => name);
  const near = suggest(member, names);
  const hint = near === null ? `there are: ${names.join(', ')}` : `did you mean ${near}?`;
  report({ code: 'unknown-column', path, message: `the structs have no member ${member}`, hint });
}

/** The scope in which the new columns are neither there nor missed. */
const broken = (scope: Scope, args: ExplodeFields): Scope => ({
  ...scope,
  broken: new Set([...scope.broken, ...(explode.produces?.(args) ?? [])]),
});
