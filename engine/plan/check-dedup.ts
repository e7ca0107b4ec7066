/** Checks of dedups: what they need of their source. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Report } from '../spec/diagnostic.ts';
import { sourcesAbove, windowsAbove } from './above.ts';
import type { FieldPlan, Plan, RecordNode, SourceNode } from './planner.ts';
import { inputsOf } from './union.ts';

/** Metadata columns that records of two partitions cannot share. */
const ONE_PARTITION: ReadonlySet<unknown> = new Set(['_partition', '_key']);

/** Reports dedups whose records have no time, or may have their like in another partition (O2). */
export function checkDedups(
  { sources, stages }: Pick<Plan, 'sources' | 'stages'>,
  dedups: readonly RecordNode[],
  { source, report }: { readonly source: SourceNode; readonly report: Report },
): void {
  for (const dedup of dedups) {
    const { name } = dedup;
    const cut = cutAtDedup(dedup.operations);
    if (cut === null) continue;
    const path = ['stages', name, 'dedup'];
    if (source.framing === 'lines' && source.eventTime.kind === 'broker') {
      report({
        code: 'missing-event-time',
        path: ['sources', source.name],
        atKey: true,
        message: `${name} cannot tell how long ago a record of ${source.name} was: nothing says what its time is`,
        hint: 'add e.g. `event_time: { column: at, iso: true }` to the source: only records of a broker have a timestamp of their own',
      });
    }
    // Over several sources those of all partitions are found.
    if (sourcesAbove({ sources, stages }, dedup).length > 1) continue;
    const fields = cut.args.keys.map(({ slot }) => fieldsOf(slot, dedup, { stages, source }));
    if (source.framing === 'kafka-v2' && !fields.some(isOfOnePartition)) {
      report({
        code: 'dedup-partitions',
        severity: 'warning',
        path: [...path, 'by'],
        message: `${name} finds duplicates within a partition only: those in another one stay`,
        hint: 'where the topic is keyed by one of these columns nothing is missed: declare `_key: string` in the schema and name `_key` in `by` as well',
      });
    }
  }
}

/** Why rows of windows of a kind have no time, and what to do instead of a dedup of them. */
const TIMELESS: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  count: ['its windows count records', 'let it have windows of time, or write the dedup before it'],
  whole: [
    'its window is the whole input',
    'write the dedup before it, or group its rows in another `window: { whole: true }`',
  ],
};

/** Reports dedups of rows that have no time, by which these could be forgotten (O2). */
export function checkDedupsOfRows(plan: Pick<Plan, 'sources' | 'stages'>, report: Report): void {
  for (const stage of plan.stages) {
    if (cutAtDedup(stage.operations) === null) continue;
    for (const { name, shape } of windowsAbove(plan, stage)) {
      const [why, hint] = TIMELESS[shape.kind] ?? [];
      if (why === undefined || hint === undefined) continue;
      report({
        code: 'window-order',
        path: ['stages', stage.name, 'dedup'],
        atKey: true,
        message: `${stage.name} forgets rows after a time, and rows of ${name} have none: ${why}`,
        hint,
      });
    }
  }
}

/** Fields of which a key has the values: one by each input, where a union comes before. */
type Fields = readonly FieldPlan['from'][];

const isOfOnePartition = (fields: Fields): boolean =>
  fields.length > 0 && fields.every((from) => ONE_PARTITION.has(from));

/** What fills a slot of a stage's frame: fields of the source, or nothing where it is computed anywhere. */
function fieldsOf(
  slot: number,
  node: Pick<RecordNode, 'input' | 'union'>,
  plan: { readonly stages: Plan['stages']; readonly source: SourceNode },
): Fields {
  const found = inputsOf(node).map((input): Fields => {
    const own = node.union?.find((each) => each.input === input)?.slots[slot] ?? slot;
    if (input === plan.source.name) {
      const from = plan.source.fields[own]?.from;
      return from === undefined ? [] : [from];
    }
    const above = plan.stages.find(({ name }) => name === input);
    return above === undefined ? [] : fieldsOf(own, above, plan);
  });
  return found.every((fields) => fields.length > 0) ? found.flat() : [];
}
