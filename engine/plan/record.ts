/** Spec → plan of one row-wise stage: its keywords in their fixed order, whatever the order written. */
import type { TypedExpression } from '../core/expression/types.ts';
import type { Keyed, RecordStageSpec } from '../spec/spec.ts';
import type { Building, Offer, PlannedStage, WindowAbove } from './build.ts';
import type { Operation, PlanColumn, RecordNode, Scope } from './planner.ts';
import { rowIdentity } from './row-identity.ts';
import { planInput, withTells } from './union.ts';

interface Step {
  readonly stage: Extract<PlannedStage, { readonly family: 'record' }>;
  readonly args: unknown;
}

/** Plans a row-wise stage; null when what it reads could not be planned. */
export function planRecords(spec: RecordStageSpec, building: Building): RecordNode | null {
  const { name } = spec;
  const read = planInput(spec, building);
  if (read === null) return null;
  const { offer, ...input } = read;
  const steps = spec.operations
    .map(({ keyword, args }: Keyed): Step => ({ stage: building.stageOf('record', keyword), args }))
    .sort((a, b) => a.stage.order - b.stage.order);
  let scope: Scope = offer;
  const operations: Operation[] = [];
  steps.forEach(({ stage, args }, index) => {
    const context = building.context(['stages', name, stage.keyword]);
    const later = producedBy(steps.slice(index + 1));
    const before = scope.columns;
    const planned = stage.plan(args, { ...scope, later }, context);
    operations.push(...planned.operations);
    scope = planned.scope;
    checkIdentity(offer, produced({ stage, args }), context);
    const after = new Set([...scope.columns.map((column) => column.name), ...scope.broken]);
    const gone = before.filter((column) => !after.has(column.name));
    checkKept(offer, gone, context);
  });
  const { columns, slots, broken } = scope;
  const exploded = offer.exploded === true || (offer.window && steps.some(isExploding));
  const above = offer.above.map((each) => ({
    ...each,
    constants: constantsAfter(each, { columns, operations }),
  }));
  const more = { columns, slots, broken, exploded, above };
  building.offer(name, withTells({ ...offer, ...more }));
  return { kind: 'record', name, ...input, operations, columns, slots };
}

const isExploding = ({ stage }: Step): boolean => stage.isExploding === true;

/** Columns that are the same in all rows of a window, behind a stage. */
function constantsAfter(
  { constants }: WindowAbove,
  { columns, operations }: Pick<RecordNode, 'columns' | 'operations'>,
): WindowAbove['constants'] {
  const set = new Map(
    operations.flatMap(({ operation, args }): [string, string | null][] => {
      if (operation !== 'set') return [];
      const { name, value } = args as { name: string; value: TypedExpression };
      return [[name, value.kind === 'literal' ? JSON.stringify(value.value) : null]];
    }),
  );
  return new Map(
    columns.flatMap(({ name }): [string, string][] => {
      const value = set.has(name) ? set.get(name) : constants.get(name);
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

/** What identifies a window row may not be left out either. */
function checkKept(
  offer: Offer,
  gone: readonly PlanColumn[],
  { report, path }: ReturnType<Building['context']>,
): void {
  const identity = rowIdentity(offer);
  if (identity === null) return;
  for (const { name } of gone) {
    if (!identity.includes(name) && name !== 'window_end') continue;
    report({
      code: 'row-identity',
      path,
      atKey: true,
      message: `${name} says which window a row is of: it cannot be left out`,
      hint: `keep ${name}`,
    });
  }
}

const produced = ({ stage, args }: Step): string[] => [...(stage.produces?.(args) ?? [])];

/** Column → the keyword that sets it. */
const producedBy = (steps: readonly Step[]): ReadonlyMap<string, string> =>
  new Map(steps.flatMap((step) => produced(step).map((name) => [name, step.stage.keyword])));

/** What identifies a window row must stay: ids (R6), keys of tables and the time to live hang on it. */
function checkIdentity(
  offer: Offer,
  names: readonly string[],
  { report, path }: ReturnType<Building['context']>,
): void {
  const identity = rowIdentity(offer);
  if (identity === null) return;
  for (const name of names) {
    if (!identity.includes(name) && name !== 'window_end') continue;
    report({
      code: 'duplicate-column',
      path: [...path, name],
      atKey: true,
      message: `${name} says which window a row is of: it cannot be replaced`,
      hint: 'give the new column a name of its own',
    });
  }
}
