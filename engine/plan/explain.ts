/** A plan in words: what runs where, on which columns. */
import { type CutOperations, cutAtDedup } from '../core/operation/dedup.ts';
import { formatDuration } from '../spec/units.ts';
import { sourcesAbove, windowsAbove } from './above.ts';
import { isInWorkers } from './in-workers.ts';
import type {
  Connector,
  FieldPlan,
  Operation,
  Plan,
  RecordNode,
  SinkNode,
  SourceNode,
  WindowNode,
} from './planner.ts';
import { stateOf } from './state-size.ts';
import {
  columnText,
  emitText,
  eventTimeText,
  formatText,
  operationText,
  shapeText,
} from './text.ts';
import { inputsOf } from './union.ts';

/**
 * The plan as text, with what the optimiser has rewritten. Settings of connections are left out; values of parameters are in it, so mask
 * the secrets of the definition before it is printed.
 */
export function explainPlan(plan: Plan, rewrites: readonly string[] = []): string {
  const onMain = mainThread(plan);
  const { errors, checkpoint } = plan;
  const lines = [
    `pipeline ${plan.name} (time zone ${plan.timezone})`,
    '',
    'in worker threads:',
    ...plan.sources.flatMap((source) => branchLines(plan, source.name, sourceLines(source))),
    '',
    ...onMain.flatMap((lines, i) => [i === 0 ? 'on the main thread:' : '', ...lines]),
    ...(onMain.length === 0 ? [] : ['']),
    ...(rewrites.length === 0 ? [] : ['optimised:', ...rewrites.map((line) => `  ${line}`), '']),
    `dead letters → ${targetText(errors.deadLetter)} (decode: ${errors.decode}, expression: ${errors.expression})`,
    ...(errors.stopWhen === null ? [] : [stopText(errors.stopWhen)]),
    ...(errors.giveUpAfterMs === undefined
      ? []
      : [`fail when a sink with rows takes none for ${formatDuration(errors.giveUpAfterMs)}`]),
    `checkpoint every ${formatDuration(checkpoint.everyMs)} in ${checkpoint.directory}`,
    ...plan.notices.map((notice) => `note: ${notice}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The plan as JSON data; of a connection only its name. Mask secrets before it is printed. */
export function planData(plan: Plan, rewrites: readonly string[] = []): unknown {
  const named = ({ connection, ...connector }: Connector): unknown => ({
    ...connector,
    connection: connection?.name ?? null,
  });
  return {
    ...plan,
    sources: plan.sources.map((node) => ({ ...node, connector: named(node.connector) })),
    sinks: plan.sinks.map((node) => ({ ...node, connector: named(node.connector) })),
    errors: { ...plan.errors, deadLetter: named(plan.errors.deadLetter) },
    rewrites,
  };
}

/** What the main thread does: with the records that dedups take, then with windows. */
function mainThread(plan: Plan): string[][] {
  const dedups = plan.stages.filter(
    (stage) => cutAtDedup(stage.operations) !== null && isInWorkers(plan, stage),
  );
  const windows = plan.stages.filter((stage) => stage.kind === 'window');
  return [
    ...dedups.map((stage) => {
      const order = orderText(stage, plan) || ', in the order of each partition';
      const title = `stage ${stage.name}${order}`;
      const operations = stage.operations.slice(cutAtDedup(stage.operations)?.before.length);
      return branchLines(plan, stage.name, [title, ...operations.map(operationLine)]);
    }),
    ...windows.map((window) => branchLines(plan, window.name, closingLines(plan, window))),
  ];
}

/** A node and what reads it, one level deeper; windows and dedups end the worker's part. */
function branchLines(plan: Plan, name: string, own: readonly string[], depth = 1): string[] {
  const stages = plan.stages.filter(({ input }) => input === name);
  const sinks = plan.sinks.filter(({ input }) => input === name);
  return [
    ...indent(own, depth),
    ...stages.flatMap((stage) => {
      if (stage.kind === 'window') return indent(partialLines(plan, stage), depth + 1);
      const cut = isInWorkers(plan, stage) ? cutAtDedup(stage.operations) : null;
      if (cut !== null) return indent(handingLines(plan, stage, cut), depth + 1);
      return branchLines(plan, stage.name, recordLines(stage, plan), depth + 1);
    }),
    ...plan.stages
      .filter((stage) => stage.input !== name && inputsOf(stage).includes(name))
      .flatMap((stage) => indent([`into ${stage.kind} ${stage.name}`], depth + 1)),
    ...sinks.flatMap((sink) => indent(sinkLines(sink), depth + 1)),
  ];
}

/** The first line at its depth, the others hanging below it. */
const indent = (lines: readonly string[], depth: number): string[] =>
  lines.map((line, i) => `${'  '.repeat(i === 0 ? depth : depth + 2)}${line}`);

function sourceLines(source: SourceNode): string[] {
  const { name, connector, framing, format, bounded, columns, fields, eventTime, watermark } =
    source;
  const { outOfOrderMs, idleMs, maxFutureMs, maxDriftMs } = watermark;
  const clock = [
    `out of order ${formatDuration(outOfOrderMs)}`,
    `idle ${formatDuration(idleMs)}`,
    `future ${formatDuration(maxFutureMs)}`,
    `drift ${formatDuration(maxDriftMs)}`,
  ];
  const textOf = (isOne: (field: FieldPlan) => boolean): string =>
    columns
      .filter((_, i) => isOne(fields[i] as FieldPlan))
      .map(columnText)
      .join(', ');
  const unread = textOf((field) => field.unread === true);
  return [
    `source ${name}: ${targetText(connector)}, framing ${framing}, ${bounded ? 'bounded' : 'unbounded'}`,
    ...(format.kind === 'csv' ? [formatText(format, fields)] : []),
    `scan ${textOf((field) => field.unread !== true && field.from !== 'event_time')}`,
    ...(unread === '' ? [] : [`check presence and type of ${unread}`]),
    `event time from ${eventTimeText(eventTime, columns)}`,
    `watermark: ${clock.join(', ')}`,
  ];
}

/** Where a union takes its rows from; it stands below its first input. */
const unionText = (node: RecordNode | WindowNode): string =>
  node.union === undefined ? '' : `, union of ${inputsOf(node).join(', ')}`;

const recordLines = (node: RecordNode, plan: Plan): string[] => [
  `stage ${node.name}${unionText(node)}${loopText(node)}${orderText(node, plan)}`,
  ...node.operations.map(operationLine),
];

/** In which order a dedup takes rows of windows, or of several sources. */
function orderText(node: RecordNode | WindowNode, plan: Plan): string {
  if (cutAtDedup(node.operations) === null) return '';
  const above = windowsAbove(plan, node).map(({ name }) => name);
  if (above.length > 1) {
    return `, in the order of window_end, as far as ${above.join(' and ')} are closed`;
  }
  if (above.length === 1) return ', in the order of window_end';
  const sources = sourcesAbove(plan, node);
  return sources.length > 1 ? `, in the order of the watermarks of ${sources.join(' and ')}` : '';
}

/** A stage with a dedup, as far as the worker goes. */
function handingLines(plan: Plan, node: RecordNode, cut: CutOperations): string[] {
  const { name, input, union } = node;
  const above = [...plan.sources, ...plan.stages].find((each) => each.name === input);
  const { keys, carries } = cut.args;
  // Of a union the slots are its own.
  const slotOf = (slot: number): number => union?.[0]?.slots.indexOf(slot) ?? slot;
  const carried = above?.columns.filter(({ slot }) => carries.includes(slotOf(slot))) ?? [];
  const columns = carried.map((column) => column.name).join(', ');
  return [
    `stage ${name}${unionText(node)}, up to its dedup`,
    ...cut.before.map(operationLine),
    `hand over keys of ${keys.map((key) => key.name).join(', ')}${columns === '' ? '' : ` and columns ${columns}`}`,
  ];
}

function partialLines(plan: Plan, stage: WindowNode): string[] {
  const { name, operations, keys, accumulators, results, shape } = stage;
  const aggregates = windowsAbove(plan, stage).length === 0 ? 'partial aggregates' : 'aggregates';
  const piece = { session: 'instant', count: 'record' }[shape.kind as string] ?? 'pane';
  const group = [...keys.map((key) => key.name), '']
    .join(', ')
    .replace(/(^|, )$/, (comma) => (comma === '' ? piece : ` and ${piece}`));
  const state = accumulators.map(({ kind }, i) => {
    const read = results.filter(({ accumulator }) => accumulator === i).map((one) => one.name);
    return `${kind} for ${read.join(', ')}`;
  });
  return [
    `window ${name}${unionText(stage)}: ${shapeText(shape)}, ${aggregates} by ${group}${passText(stage)}${loopText(stage)}`,
    ...operations.map((operation) => `compute ${operationText(operation).text}`),
    `accumulate ${state.join('; ')}`,
  ];
}

/** Whether a node goes through rows together with the stage that it reads. */
const loopText = ({ fused, input }: RecordNode | WindowNode | SinkNode): string =>
  fused === true ? `, in one loop with ${input}` : '';

/** The windows whose pass over the same rows it shares. */
function passText({ keysOf, panesOf }: WindowNode): string {
  const names = new Set([keysOf, panesOf].filter((name) => name !== undefined));
  return names.size === 0 ? '' : `, in one pass with ${[...names].join(' and ')}`;
}

const closingLines = (plan: Plan, stage: WindowNode): string[] => [
  `window ${stage.name}: ${shapeText(stage.shape)}`,
  closingText(stage, windowsAbove(plan, stage)),
  stateText(stage, plan),
  ...stage.after.map(operationLine),
  `rows ${stage.columns.map(columnText).join(', ')}`,
];

function closingText(
  { shape, graceMs, late, emit }: WindowNode,
  above: readonly WindowNode[],
): string {
  if (shape.kind === 'whole') return 'close at the end of the input';
  const names = above.map(({ name }) => name).join(' and ');
  if (shape.kind === 'count') {
    const order = `in the order of ${names === '' ? 'each partition' : names}`;
    return `count ${order}; close when full, at the end of the input all`;
  }
  const end = `end + ${formatDuration(graceMs)}`;
  if (names === '') return `close at watermark ≥ ${end}; late: ${late}; emit: ${emitText(emit)}`;
  const closed = above.length > 1 ? 'are' : 'is';
  return `close when ${names} ${closed} closed up to ${end}; emit: ${emitText(emit)}`;
}

const PIECES: Readonly<Record<string, string>> = {
  session: 'sessions each',
  count: 'windows each',
};

function stateText(stage: WindowNode, plan: Plan): string {
  const { keys, panes, bytes } = stateOf(stage, plan);
  const { kind } = stage.shape;
  const pieces = PIECES[kind] ?? (panes === 1 ? 'pane' : 'panes');
  const groups = keys === 1 ? '1 key' : `limits.keys = ${keys} keys`;
  const mib = Math.max(1, Math.ceil(bytes / 2 ** 20));
  return `state: about ${mib} MiB at most, with ${groups} and ${panes} ${pieces} open`;
}

const sinkLines = (node: SinkNode): string[] => [
  `sink ${node.name}: ${targetText(node.connector)}${loopText(node)}`,
  ...node.operations.map(operationLine),
  `write ${node.columns.map(columnText).join(', ')}`,
];

/** `kafka heat-alerts`: the kind of connector and what it reads or writes. */
export function targetText({ kind, config }: Connector): string {
  const { table, topic, path, scenario } = config as Partial<Record<string, string>>;
  return [kind, table ?? topic ?? path ?? scenario ?? ''].join(' ').trimEnd();
}

function operationLine(operation: Operation): string {
  const { title, text, expression } = operationText(operation);
  const computes = operation.operation === 'set' && expression !== null;
  return computes ? `${title} ${expression.type} = ${text}` : `${title} ${text}`;
}

const stopText = ({ share, ofLast }: NonNullable<Plan['errors']['stopWhen']>): string =>
  `stop when more than ${Number((share * 100).toFixed(6))}% of the last ${ofLast} records are dead letters`;
