/**
 * Spec → plan of one window stage.
 *
 * Two frames. In the worker: the input's columns, then one computed column for every aggregate whose
 * argument is more than a column name. On the main thread, per closed window: group columns,
 * window_start, window_end (of counted windows partition and window_index), one column a distinct
 * aggregate call, then what expressions over aggregates compute.
 */
import { shareAccumulators } from '../core/aggregate/share.ts';
import type { Column } from '../core/batch.ts';
import type { TypedExpression } from '../core/expression/types.ts';
import type { WindowStageSpec } from '../spec/spec.ts';
import { AGGREGATE_NAMES } from '../core/expression/scope.ts';
import { AggregateCalls } from './aggregate-calls.ts';
import type { Building, Offer } from './build.ts';
import { checkColumn } from './column.ts';
import { planExpression, planPredicate } from './expression.ts';
import type { Operation, PlanColumn, SizedShape, WindowNode, WindowShape } from './planner.ts';
import { planInput } from './union.ts';
import { BOUND_SLOTS, boundsOf, identifyingBoundsOf } from './window-shape.ts';

/** Plans a window stage; null when it is wrong, or when what it reads could not be planned. */
export function planWindow(spec: WindowStageSpec, building: Building): WindowNode | null {
  const { name, graceMs, late, emit } = spec;
  const read = planInput(spec, building);
  if (read === null) return null;
  const { offer, ...input } = read;
  checkAbove(spec, offer, building);
  checkCounted(spec, offer, building);
  const shape = planShape(spec, building);
  const kind = spec.window.keyword as WindowShape['kind'];
  const bounds = boundsOf(kind);
  const keys = planKeys(spec, { offer, bounds }, building);
  const grouping: Grouping = { spec, offer, keys, bounds, building };
  const aggregates = planAggregates(grouping);
  const results = planResults(grouping, aggregates);
  const { columns, afterSlots } = results;
  const broken = new Set([...spec.groupBy, ...spec.aggregate.keys()]);
  for (const column of columns) broken.delete(column.name);
  const identity = [...keys, ...identifyingBoundsOf(kind)].map((column) => column.name);
  const apart = kind === 'count' ? ['partition'] : [];
  const above = { window: true, keys: identity, apart, above: [{ ...spec, constants: new Map() }] };
  building.offer(name, { columns, slots: afterSlots, broken, ...above });
  if (shape === null || broken.size > 0) return null;
  const { calls } = aggregates;
  const { slots, operations } = calls;
  const worker = { slots, operations, shape, graceMs, keys };
  const sources =
    offer.window || offer.sources === undefined ? {} : { sources: offer.sources.toSorted() };
  return { kind: 'window', name, ...input, ...sources, ...worker, ...results, late, emit };
}

/** Records are counted in the order of one log (W7): several have none among each other. */
function checkCounted(spec: WindowStageSpec, offer: Offer, building: Building): void {
  const { name, window } = spec;
  if (window.keyword !== 'count') return;
  const sources = offer.window ? offer.above.map((each) => each.name) : (offer.sources ?? []);
  if (sources.length < 2) return;
  building.report({
    code: 'window-order',
    path: ['stages', name, 'from'],
    message: `${name} counts in the order of one input, and ${sources.join(' and ')} have none among each other`,
    hint: 'count in a stage for each of them; a stage `from: [a, b]` puts their rows together, with a `set` in each that tells them apart',
  });
}

/** What rows of windows can be read by another window (W8). */
function checkAbove({ name, window }: WindowStageSpec, { above }: Offer, building: Building): void {
  const report = (message: string, hint: string): void =>
    building.report({ code: 'window-order', path: ['stages', name, 'from'], message, hint });
  for (const each of above) {
    if (each.emit !== 'final') {
      report(
        `rows of ${each.name} may come out before they are final, and would count again`,
        `let ${each.name} have \`emit: final\`; a stage beside it may emit as it does`,
      );
    } else if (each.window.keyword === 'count') {
      report(
        `rows of ${each.name} have no time: its windows count records`,
        `read what ${each.name} reads, or let ${each.name} have windows of time`,
      );
    } else if (each.window.keyword === 'whole' && window.keyword !== 'whole') {
      report(
        `rows of ${each.name} have no time: its window is the whole input`,
        `read what ${each.name} reads, or write \`window: { whole: true }\` here too`,
      );
    }
  }
}

function planShape(spec: WindowStageSpec, building: Building): WindowShape | null {
  const { name, window, offsetMs } = spec;
  const { keyword, args } = window;
  const context = building.context(['stages', name, 'window', keyword]);
  const shape = building.stageOf('window', keyword).plan(args, context);
  if (shape === null) return null;
  if (shape.kind === 'tumbling' || shape.kind === 'sliding') return { ...shape, offsetMs };
  reportStray(spec, shape.kind, building);
  return shape;
}

/** Options that move what windows of a kind do not have, and why they do not have it. */
const STRAY: Record<
  Exclude<WindowShape['kind'], SizedShape['kind']>,
  readonly [options: readonly string[], why: string]
> = {
  whole: [['offset', 'grace'], 'the window over the whole input has no start and no end'],
  session: [['offset'], 'a session starts with its first record'],
  count: [['offset', 'grace', 'late'], 'records are counted as they come, whatever their time'],
};

function reportStray(spec: WindowStageSpec, kind: keyof typeof STRAY, { report }: Building): void {
  const [options, why] = STRAY[kind];
  const written = [
    ...(spec.offsetMs === 0 ? [] : ['offset']),
    ...(spec.graceMs === 0 ? [] : ['grace']),
    ...(spec.late === 'drop' ? [] : ['late']),
  ];
  for (const option of written) {
    if (!options.includes(option)) continue;
    report({
      code: 'stray-option',
      path: ['stages', spec.name, ...(option === 'late' ? [] : ['window']), option],
      atKey: true,
      message: `\`${option}\` means nothing here: ${why}`,
      hint: 'remove it',
    });
  }
}

/** The group columns that are right: there, once each, and not called like a bound of the window. */
function planKeys(
  { name, groupBy }: WindowStageSpec,
  { offer, bounds }: Pick<Grouping, 'offer' | 'bounds'>,
  building: Building,
): PlanColumn[] {
  const keys: PlanColumn[] = [];
  groupBy.forEach((key, index) => {
    const path = ['stages', name, 'group_by', index];
    const column = checkColumn(key, offer, { report: building.report, path });
    if (column === null) return;
    const taken = [...keys, ...bounds].some((one) => one.name === key);
    if (!taken) keys.push(column);
    else reportDuplicate(key, { path, atKey: false }, building);
  });
  return keys;
}

interface Grouping {
  readonly spec: WindowStageSpec;
  readonly offer: Offer;
  readonly keys: readonly PlanColumn[];
  /** Columns of the window's bounds. */
  readonly bounds: readonly Column[];
  readonly building: Building;
}

/** The columns every row has, the calls, and the expressions over them that are right. */
interface Aggregates {
  readonly fixed: readonly PlanColumn[];
  readonly calls: AggregateCalls;
  readonly expressions: ReadonlyMap<string, TypedExpression>;
}

function planAggregates({ spec, offer, keys, bounds, building }: Grouping): Aggregates {
  const fixed = [...keys, ...bounds].map((column, slot) => ({ ...column, slot }));
  const calls = new AggregateCalls(offer.slots, keys.length + BOUND_SLOTS);
  const expressions = new Map<string, TypedExpression>();
  const broken = new Set([...offer.broken, ...spec.groupBy]);
  for (const [name, text] of spec.aggregate) {
    const context = building.context(['stages', spec.name, 'aggregate', name]);
    const expression = planExpression(text, { ...offer, broken }, context, {
      columns: fixed,
      functions: [...AGGREGATE_NAMES, ...building.ownAggregates],
      resolve: (call, args, range) => calls.resolve(call, args, range),
    });
    if (expression !== null) expressions.set(name, expression);
    const isTaken = (one: string): boolean => fixed.some((column) => column.name === one);
    if (isTaken(name)) reportDuplicate(name, { path: context.path, atKey: true }, building);
    const flag = expression === null ? null : calls.flagOf(expression);
    if (flag === null) continue;
    const flagName = flagOf(name);
    expressions.set(flagName, flag);
    if (!isTaken(flagName) && !spec.aggregate.has(flagName)) continue;
    reportDuplicate(flagName, { path: context.path, atKey: true }, building);
  }
  const computed = Array.from(expressions, ([name, { type, nullable }]) => ({
    name,
    type,
    nullable,
  }));
  const columns = [...fixed, ...computed.map((column) => ({ ...column, slot: 0 }))];
  // For its calls alone: where the columns it reads will be is not known before all calls are.
  planHaving({ spec, offer, building, calls, columns }, () => undefined);
  return { fixed, calls, expressions };
}

/** The column that says whether a result is cut short. */
const flagOf = (name: string): string => `${name}_saturated`;

/** The condition on groups: over the columns of the result, and calls of its own. */
function planHaving(
  {
    spec,
    offer,
    building,
    calls,
    columns,
  }: Pick<Grouping, 'spec' | 'offer' | 'building'> & {
    readonly calls: AggregateCalls;
    readonly columns: readonly PlanColumn[];
  },
  report: Building['report'],
): TypedExpression | null {
  if (spec.having === null) return null;
  const results = [...spec.aggregate.keys()].flatMap((name) => [name, flagOf(name)]);
  const broken = new Set([...offer.broken, ...spec.groupBy, ...results]);
  const context = { ...building.context(['stages', spec.name, 'having']), report };
  return planPredicate(spec.having, { ...offer, broken }, context, {
    columns,
    functions: [...AGGREGATE_NAMES, ...building.ownAggregates],
    resolve: (call, args, range) => calls.resolve(call, args, range),
  });
}

type Results = Pick<WindowNode, 'accumulators' | 'results' | 'after' | 'afterSlots' | 'columns'>;

function planResults(grouping: Grouping, aggregates: Aggregates): Results {
  const { keys, building } = grouping;
  const { fixed, calls, expressions } = aggregates;
  const { accumulators, assigned } = shareAccumulators(calls.calls);
  const results = calls.calls.map(({ aggregate, parameter }, i) => ({
    ...(calls.columns[i] as Column),
    aggregate,
    accumulator: assigned[i] as number,
    ...(parameter !== undefined && { parameter }),
  }));
  const after: Operation[] = [];
  const columns: PlanColumn[] = [...fixed];
  let afterSlots = keys.length + BOUND_SLOTS + results.length;
  for (const [name, value] of expressions) {
    const { type, nullable } = value;
    const slot = value.kind === 'column' ? value.slot : afterSlots++;
    if (value.kind !== 'column') after.push({ operation: 'set', args: { slot, value, name } });
    columns.push({ name, type, nullable, slot });
  }
  const predicate = planHaving({ ...grouping, calls, columns }, building.report);
  if (predicate !== null) after.push({ operation: 'where', args: { predicate } });
  return { accumulators, results, after, afterSlots, columns };
}

function reportDuplicate(
  name: string,
  { path, atKey }: { path: readonly (string | number)[]; atKey: boolean },
  { report }: Building,
): void {
  const message = `${name} is a column of every row already`;
  report({
    code: 'duplicate-column',
    path,
    atKey,
    message,
    hint: 'give one of the two another name',
  });
}
