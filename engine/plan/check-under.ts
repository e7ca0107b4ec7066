/** Tests that are repeated under changes: whether the changes can leave the rows as they are. */
import type { Report } from '../spec/diagnostic.ts';
import { type TestSpec, WAIT } from '../spec/test-spec.ts';
import type { Plan } from './planner.ts';
import { movableOf } from './test-order.ts';

/** Reports what `under` asks for that a stage depends on. O(tests × sources × stages). */
export function checkUnder(
  { given, under }: TestSpec,
  plan: Pick<Plan, 'sources' | 'stages'>,
  { index, report }: { readonly index: number; readonly report: Report },
): void {
  if (under === null) return;
  const path = ['tests', index, 'under'];
  const partitions = Math.max(1, ...under.partitions);
  for (const source of plan.sources) {
    const rows = (given[source.name] ?? []).filter((row) => !(WAIT in row));
    if (rows.length === 0) continue;
    const { split, splitBy, ordered } = movableOf(source, plan);
    const own = new Set(rows.map((row) => row['_partition'] ?? 0));
    if (partitions > 1 && own.size > 1) {
      const message = `the rows of ${source.name} name their partitions already`;
      const hint = 'take `_partition` out of the rows, or `partitions` out of `under`';
      report({ code: 'test-order', path: [...path, 'partitions'], message, hint });
    } else if (partitions > 1 && split === null) {
      const message = `rows of ${source.name} cannot be split into partitions: ${splitBy}`;
      const hint = 'groups stay whole only if all stages group by a column of the source';
      report({ code: 'test-order', path: [...path, 'partitions'], message, hint });
    }
    if (under.shuffle && ordered !== null && partitions === 1 && own.size === 1) {
      const message = `records of ${source.name} in one partition must keep their order: ${ordered}`;
      const hint = 'give rows of several partitions (`_partition: 1`): these may interleave';
      report({ code: 'test-order', path: [...path, 'shuffle'], message, hint });
    }
  }
}
