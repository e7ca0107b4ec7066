/**
 * A date that the source reads as event time is not read again: `to_timestamp(date, 'pattern')` is the
 * event time, where column, pattern and time zone are those of `event_time`.
 *
 *     event_time from date as yyyy-MM-dd    set at = to_timestamp(date, 'yyyy-MM-dd')   ▶   set at = event_time
 *
 * Rows do not change: a record gets into a stage only if its date was read, by the same reader, so the
 * call neither fails nor is null on it. `to_timestamp` takes the earlier of two equal times: so does
 * `ambiguous: earlier`; with `dead_letter` no record with such a date is left. With `later` they differ.
 */
import type { ColumnExpression, TypedExpression } from '../../core/expression/types.ts';
import type { Plan, SourceNode } from '../planner.ts';
import { mapExpressions } from './expressions.ts';
import type { Optimized } from './pass.ts';
import { mapNodes, mapOperations, withSlots, workerFrame } from './worker-frame.ts';

/** The pass. */
export function shareEventTime(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) rewritten = ofSource(rewritten, source, rewrites);
  return { plan: rewritten, rewrites };
}

function ofSource(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const { eventTime, columns } = source;
  if (eventTime.kind !== 'pattern' || eventTime.ambiguous === 'later') return plan;
  const frame = workerFrame(plan, source);
  // Behind all others, so that no slot has to move.
  const slot = frame.slots;
  const column = { name: 'event_time', type: 'timestamp', nullable: false, slot } as const;
  const time: ColumnExpression = { kind: 'column', ...column };
  const isTime = isReadingOf(eventTime);
  const found = new Set<string>();
  const mapped = mapOperations(plan, frame, (operations, node) =>
    mapExpressions(operations, (part) => {
      if (!isTime(part)) return part;
      found.add(`${node.kind === 'sink' ? 'sink ' : ''}${node.name}`);
      return time;
    }),
  );
  if (found.size === 0) return plan;
  const name = columns.find((each) => each.slot === eventTime.slot)?.name ?? '';
  rewrites.push(
    `${[...found].join(', ')}: to_timestamp(${name}, '${eventTime.pattern}') is the event time of ${source.name}, read once`,
  );
  const widened = mapNodes(mapped, workerFrame(mapped, source), (node) =>
    withSlots(node, slot + 1),
  );
  const fields = [...source.fields, { from: 'event_time', ...FIELD } as const];
  const sources = plan.sources.map((each) =>
    each === source ? { ...source, columns: [...columns, column], fields } : each,
  );
  return { ...widened, sources };
}

const FIELD = { type: 'timestamp', required: true } as const;

/** Whether a part of an expression reads what the source has read. */
const isReadingOf =
  ({ slot, pattern, timezone }: Extract<SourceNode['eventTime'], { kind: 'pattern' }>) =>
  (part: TypedExpression): boolean => {
    if (part.kind !== 'call' || part.name !== 'to_timestamp') return false;
    const [text, format, zone] = part.args;
    return (
      text?.kind === 'column' &&
      text.slot === slot &&
      isText(format, pattern) &&
      isText(zone, timezone)
    );
  };

const isText = (part: TypedExpression | undefined, text: string): boolean =>
  part?.kind === 'literal' && part.value === text;
