/** Checks of dedups: what they need of their source. */
import { type DedupArgs, cutAtDedup } from '../core/operation/dedup.ts';
import type { Report } from '../spec/diagnostic.ts';
import type { RecordNode, SourceNode } from './planner.ts';

/** Metadata columns that records of two partitions cannot share. */
const ONE_PARTITION: ReadonlySet<unknown> = new Set(['_partition', '_key']);

/** Reports dedups whose records have no time, or may have their like in another partition (O2). */
export function checkDedups(
  dedups: readonly RecordNode[],
  source: SourceNode,
  report: Report,
): void {
  for (const { name, operations } of dedups) {
    const cut = cutAtDedup(operations);
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
    if (source.framing === 'kafka-v2' && !isOfOnePartition(cut.args, source)) {
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

const isOfOnePartition = ({ keys }: DedupArgs, { fields }: SourceNode): boolean =>
  keys.some(({ slot }) => ONE_PARTITION.has(fields[slot]?.from));
