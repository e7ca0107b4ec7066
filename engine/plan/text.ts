/** Parts of a plan in words, for `explain` and for differences between plans. */
import { expressionText } from '../core/expression/text.ts';
import type { TypedExpression } from '../core/expression/types.ts';
import type { Column } from '../core/batch.ts';
import { type DedupArgs, dedup } from '../core/operation/dedup.ts';
import { type ExplodeArgs, explode } from '../core/operation/explode.ts';
import { type LookupArgs, lookup } from '../core/operation/lookup.ts';
import { formatDuration } from '../spec/units.ts';
import type {
  EmitPlan,
  EventTimePlan,
  FieldPlan,
  FormatPlan,
  Operation,
  PlanColumn,
  WindowShape,
} from './planner.ts';

/** `temperature float!`, as in a schema. */
export const columnText = ({ name, type, nullable }: Column): string =>
  `${name} ${type}${nullable ? '' : '!'}`;

/** `tumbling 10m`, `sliding 1h every 5m, offset 1m`, `tumbling 1d, local days of Europe/Paris`, `session 30m, max 1d`, `count 100`, `whole input`. */
export function shapeText(shape: WindowShape): string {
  if (shape.kind === 'whole') return 'whole input';
  if (shape.kind === 'count') return `count ${shape.size}`;
  if (shape.kind === 'session') {
    return `session ${formatDuration(shape.gapMs)}, max ${formatDuration(shape.maxMs)}`;
  }
  const { kind, sizeMs, slideMs, offsetMs, calendar } = shape;
  const every = kind === 'tumbling' ? '' : ` every ${formatDuration(slideMs)}`;
  const offset = offsetMs === 0 ? '' : `, offset ${formatDuration(offsetMs)}`;
  const days = calendar === null ? '' : `, local days of ${calendar.timezone}`;
  return `${kind} ${formatDuration(sizeMs)}${every}${offset}${days}`;
}

/** `json, validate read`, `csv, delimiter ";", quote "\"", null NA`; of rows without names what these are. */
export function formatText(format: FormatPlan, fields: readonly FieldPlan[]): string {
  if (format.kind === 'json') return `json, validate ${format.validate}`;
  const { delimiter, quote, nullText } = format;
  const nulls = nullText === null ? '' : `, null ${nullText}`;
  const order = format.header === false ? `, columns ${csvColumns(fields).join(' ')}` : '';
  return `csv, delimiter ${JSON.stringify(delimiter)}, quote ${JSON.stringify(quote)}${nulls}${order}`;
}

/** Names of the columns that a CSV file has for a schema, in the order of the schema. */
export const csvColumns = (fields: readonly FieldPlan[]): string[] =>
  fields.flatMap(({ from }) => (typeof from === 'string' ? [] : [from.join('.')]));

/** Where event time comes from and how it is read. */
export function eventTimeText(plan: EventTimePlan, columns: readonly PlanColumn[]): string {
  if (plan.kind === 'broker') return 'the broker’s timestamp';
  const name = columns.find(({ slot }) => slot === plan.slot)?.name ?? '';
  if (plan.kind === 'timestamp') return name;
  if (plan.kind === 'unit') return `${name}, in ${plan.unit}`;
  const { pattern, timezone, ambiguous } = plan;
  return `${name}, as ${pattern} in ${timezone} (of two equal times ${ambiguous})`;
}

/** When rows come out: `final`, `on_end`, `every 30s`. */
export const emitText = (emit: EmitPlan): string =>
  typeof emit === 'string' ? emit : `every ${formatDuration(emit.everyMs)}`;

/** An operation in words. */
export interface OperationText {
  /** `where`, `set gap`. */
  readonly title: string;
  readonly text: string;
  /** Its expression; null for operations this file does not know, whose text is their arguments. */
  readonly expression: TypedExpression | null;
}

/** Tells an operation. O(length of its expression). */
export function operationText({ operation, args }: Operation): OperationText {
  if (operation === dedup.operation) {
    return { title: operation, text: dedupText(args as DedupArgs), expression: null };
  }
  if (operation === lookup.operation) {
    return { title: operation, text: lookupText(args as LookupArgs), expression: null };
  }
  if (operation === explode.operation) {
    return { title: operation, text: explodeText(args as ExplodeArgs), expression: null };
  }
  const { predicate, value, name } = args as {
    readonly predicate?: TypedExpression;
    readonly value?: TypedExpression;
    readonly name?: string;
  };
  const expression = predicate ?? value ?? null;
  const title = value === undefined ? operation : `${operation} ${name ?? ''}`;
  const text = expression === null ? JSON.stringify(args) : plainText(expression);
  return { title, text, expression };
}

/** `by city, date within 1h`. */
const dedupText = ({ keys, withinMs }: DedupArgs): string =>
  `by ${keys.map(({ name }) => name).join(', ')} within ${formatDuration(withinMs)}`;

/** `values as value`, `weather as condition = main, empty null`. */
function explodeText({ column, take, empty }: ExplodeArgs): string {
  const names = take.map(({ name, member }) => (member === null ? name : `${name} = ${member}`));
  return `${column.name} as ${names.join(', ')}${empty === 'null' ? ', empty null' : ''}`;
}

/** `cities.csv on city = name take region, missing null`; what is in the file too, once it is read. */
function lookupText({ file, on, take, missing, table }: LookupArgs): string {
  const pairs = on.map(({ name, column }) => `${name} = ${column}`).join(' and ');
  const taken = take.map(({ name }) => name).join(', ');
  const content = table === null ? '' : ` (${table.keys.length} rows, ${table.hash})`;
  return `${file}${content} on ${pairs} take ${taken}, missing ${missing}`;
}

/**
 * An expression as people write it: without brackets round the whole, and without the quotes of
 * columns that are called like the aggregate they hold, `avg(x)`.
 */
export function plainText(expression: TypedExpression): string {
  const text = expressionText(expression).replaceAll('`', '');
  // Whatever begins with a bracket is an operator over everything up to the last one.
  return text.startsWith('(') ? text.slice(1, -1) : text;
}
