/**
 * What of a plan shapes state and rows (R3): schemas and clocks of sources, expressions, windows.
 * Not brokers, sinks, limits or workers, nor what becomes of records that are late or wrong, nor when
 * rows come out before they are final: those may change between runs over the same state. Nor the order of a schema's columns.
 *
 * Everything is told in words of the definition, so that differences can be shown as they are.
 */
import type { TypedExpression } from '../core/expression/types.ts';
import { formatDuration } from '../spec/units.ts';
import type { Operation, Plan, RecordNode, SourceNode, WindowNode } from './planner.ts';
import { columnText, eventTimeText, formatText, operationText, shapeText } from './text.ts';
import { inputsOf } from './union.ts';
import { BOUND_SLOTS, boundsOf } from './window-shape.ts';

/** Name of a source or stage → canonical JSON of what shapes it. */
export type Shape = Readonly<Record<string, string>>;

/**
 * One thing that shapes a source or stage: what it is, its text, and what the text leaves open (the
 * types in an expression).
 */
export type Aspect = readonly [title: string, text: string, types: string];

/** The shape of a plan, by source and stage. O(plan). */
export function shapeOf(plan: Plan): Shape {
  const entries = [
    ...plan.sources.map((source) => [source.name, sourceAspects(source)] as const),
    ...plan.stages.map((stage) => {
      const aspects = stage.kind === 'record' ? recordAspects(stage) : windowAspects(stage);
      return [stage.name, aspects] as const;
    }),
  ];
  return Object.fromEntries(entries.map(([name, aspects]) => [name, JSON.stringify(aspects)]));
}

function sourceAspects({ format, columns, fields, eventTime, watermark }: SourceNode): Aspect[] {
  const schema = columns.map((column, i): Aspect => {
    const from = fields[i]?.from ?? [];
    return [`column ${column.name}`, columnText(column), JSON.stringify(from)];
  });
  return [
    ['format', formatText(format, fields), ''],
    ...schema.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ['event_time', eventTimeText(eventTime, columns), eventTime.kind],
    ['out_of_order', formatDuration(watermark.outOfOrderMs), ''],
    ['max_future', formatDuration(watermark.maxFutureMs), ''],
  ];
}

const recordAspects = ({ operations, ...node }: RecordNode): Aspect[] => [
  ['from', inputsOf(node).join(', '), ''],
  ...operations.map(operationAspect),
];

function windowAspects(node: WindowNode): Aspect[] {
  const { shape, graceMs, keys } = node;
  const state = node.accumulators.map(({ kind, types }) => `${kind}(${types.join(' ')})`);
  return [
    ['from', inputsOf(node).join(', '), ''],
    ['window', shapeText(shape), ''],
    ['grace', formatDuration(graceMs), ''],
    ['group_by', keys.map(({ name }) => name).join(', '), keys.map(columnText).join(', ')],
    ...node.operations.map(operationAspect),
    ...aggregateAspects(node),
    ...havingAspects(node),
    // Follows from the calls, but not from them alone: also from how this version shares state.
    ['the state', '', state.join(' ')],
  ];
}

const havingAspects = ({ after }: WindowNode): Aspect[] =>
  after.flatMap((operation): Aspect[] => {
    const [, text, types] = operationAspect(operation);
    return operation.operation === 'set' ? [] : [['having', text, types]];
  });

/** Result columns: an expression over calls, or the call (or group column) itself. */
function aggregateAspects({ shape, keys, results, after, columns }: WindowNode): Aspect[] {
  const fixed = keys.length + BOUND_SLOTS;
  return columns
    .slice(keys.length + boundsOf(shape.kind).length)
    .map(({ name, slot, type }): Aspect => {
      const title = `aggregate ${name}`;
      const computed = after.find(({ args }) => (args as { readonly slot?: number }).slot === slot);
      if (computed === undefined) {
        return [title, results[slot - fixed]?.name ?? columns[slot]?.name ?? '', type];
      }
      const [, text, types] = operationAspect(computed);
      return [title, text, types];
    });
}

function operationAspect(operation: Operation): Aspect {
  const { title, text, expression } = operationText(operation);
  return [title, text, expression === null ? '' : typesOf(expression)];
}

/** The types of an expression and all its parts, outermost first. */
const typesOf = (expression: TypedExpression): string =>
  expression.kind === 'call'
    ? `${expression.type}(${expression.args.map(typesOf).join(' ')})`
    : expression.type;

/** What differs, in words, one line each; empty when the shapes are equal. O(shapes). */
export function differences(before: Shape, now: Shape): string[] {
  const old = new Map(Object.entries(before));
  const fresh = new Map(Object.entries(now));
  const texts: string[] = [];
  const types: string[] = [];
  for (const [name, text] of old) {
    const other = fresh.get(name);
    if (other === undefined) texts.push(`${name} is gone`);
    else if (other !== text) compare(name, [aspectsOf(text), aspectsOf(other)], { texts, types });
  }
  for (const name of fresh.keys()) if (!old.has(name)) texts.push(`${name} is new`);
  // A type that changed alone is the consequence of something else, if there is anything else.
  return texts.length > 0 ? texts : types;
}

function compare(
  name: string,
  [before, now]: readonly [readonly Aspect[], readonly Aspect[]],
  lines: { texts: string[]; types: string[] },
): void {
  const count = lines.texts.length;
  const old = new Map(before.map(([title, ...rest]) => [title, rest]));
  const fresh = new Map(now.map(([title, ...rest]) => [title, rest]));
  for (const [title, [text, types]] of old) {
    const [newText, newTypes] = fresh.get(title) ?? [];
    if (newText === undefined) lines.texts.push(`${name}: ${title} is gone (was ${text})`);
    else if (newText !== text) lines.texts.push(`${name}: ${title} is ${newText}, was ${text}`);
    else if (newTypes !== types) {
      lines.types.push(`${name}: the types of ${title} are ${newTypes ?? ''}, were ${types}`);
    }
  }
  for (const [title, [text]] of fresh) {
    if (!old.has(title)) lines.texts.push(`${name}: ${title} is new (${text})`);
  }
  const inOrder = [...old.keys()].join('\n') === [...fresh.keys()].join('\n');
  if (lines.texts.length > count || inOrder) return;
  lines.texts.push(`${name}: its parts come in another order`);
}

/** The aspects of a source or stage in a shape; none if it is of another make. */
export function aspectsOf(text: string): readonly Aspect[] {
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? (parsed as Aspect[]) : [];
}
