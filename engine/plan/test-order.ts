/** What of a plan depends on the order in which a source's records come, or on their partitions. */
import { cutAtDedup } from '../core/operation/dedup.ts';
import { inputsOf } from './union.ts';
import type { Plan, RecordNode, SourceNode, WindowNode } from './planner.ts';

type Nodes = Pick<Plan, 'stages'>;

/** How the records of a source may be moved without a change of rows. */
export interface Movable {
  /** Columns by whose values records may go into partitions of their own; null: none would do. */
  readonly split: readonly string[] | null;
  /** The stage because of which `split` is null, with what it does. */
  readonly splitBy: string;
  /** The stage for which records of one partition must keep their order, with what it does; or null. */
  readonly ordered: string | null;
}

/**
 * Looks at everything between a source and its windows. Windows let their records be split by the
 * columns they group by, dedups by those they compare (O2); dedups and counted windows (W7) go by
 * the order within a partition. O(stages × columns).
 */
export function movableOf({ name, columns }: SourceNode, plan: Nodes): Movable {
  let split = columns.map((column) => column.name);
  let splitBy = '';
  let ordered: string | null = null;
  const nameOf = (slot: number): string[] =>
    columns.flatMap((c) => (c.slot === slot ? c.name : []));
  for (const { node, isUnion } of below(name, plan)) {
    const by = node.kind === 'window' ? node.keys : cutAtDedup(node.operations)?.args.keys;
    if (by === undefined) continue;
    const what = node.kind === 'window' ? 'groups' : 'compares';
    // A union has slots of its own, which say nothing of the source's columns.
    const allowed = isUnion ? [] : by.flatMap(({ slot }) => nameOf(slot));
    const left = split.filter((column) => allowed.includes(column));
    if (left.length === 0 && split.length > 0) splitBy = `${node.name} ${what} by other columns`;
    split = left;
    if (node.kind === 'record') ordered ??= `${node.name} keeps the first of duplicates`;
    else if (isCounted(node)) {
      ordered ??= `${node.name} counts records`;
      splitBy = `${node.name} counts the records of each partition`;
      split = [];
    }
  }
  return { split: split.length === 0 ? null : split, splitBy, ordered };
}

/** Windows of a number of records go by partition and offset (W7). */
const isCounted = ({ shape }: WindowNode): boolean => shape.kind === 'count';

interface Below {
  readonly node: RecordNode | WindowNode;
  /** True where a union comes before it, or it is one. */
  readonly isUnion: boolean;
}

/** The stages that read records of a source; not those that read rows of windows. */
function below(input: string, plan: Nodes, wasUnion = false): Below[] {
  return plan.stages
    .filter((node) => inputsOf(node).includes(input))
    .flatMap((node) => {
      const isUnion = wasUnion || node.union !== undefined;
      const more = node.kind === 'record' ? below(node.name, plan, isUnion) : [];
      return [{ node, isUnion }, ...more];
    });
}
