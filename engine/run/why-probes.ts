/** Plans that read logs and write to nothing: what reaches a window or a sink, and all that its rows come from. */
import { sourcesAbove } from '../plan/above.ts';
import { withCarries } from '../plan/carried.ts';
import type { Plan, RecordNode, SinkNode, UnionInput, WindowNode } from '../plan/planner.ts';
import { inputsOf } from '../plan/union.ts';

/** Indexes of the probes in a plan of `recordProbes`. */
export const EVERY = 0;
/** Records that reach the window or sink. */
export const REACH = 1;

/** Indexes of the probes in the plan of `rowProbes`. */
export const REACHING_ROWS = 0;
/** Rows of the sink itself. */
export const SINK_ROWS = 1;

const nowhere = { kind: 'memory', config: {}, connection: null };
const probe = { kind: 'sink', connector: nowhere, envelope: true } as const;

type Reader = Pick<SinkNode | WindowNode, 'input' | 'operations' | 'slots'> & {
  readonly union?: readonly UnionInput[];
};

/**
 * A plan for each source that feeds a node: the source, the stages between, and two probes: `every`
 * record that moves the watermark (T2), and those that `reach` the node, with `columns`.
 */
export function recordProbes(plan: Plan, node: Reader, columns: SinkNode['columns']): Plan[] {
  const names = sourcesAbove(plan, node);
  const between = { ...plan, stages: stagesAbove(plan, node) };
  return plan.sources
    .filter(({ name }) => names.includes(name))
    .map((source): Plan => {
      const slots = source.columns.length;
      const every: SinkNode = {
        ...{ ...probe, name: 'every', input: source.name, operations: [], columns: [], slots },
      };
      const { sinks, stages } = reaching(node, columns);
      return probed(
        { ...between, sources: [source] },
        { stages: [...between.stages, ...stages], sinks: [every, ...sinks] },
      );
    });
}

/** The plan of all that rows of windows come from which reach a window, and of a sink below it. */
export function rowProbes(plan: Plan, node: WindowNode, sink: SinkNode | null): Plan {
  const names = sourcesAbove(plan, node);
  const { sinks, stages } = reaching(node, node.keys);
  const above = stagesAbove(plan, sink ?? node);
  const end: SinkNode[] = sink === null ? [] : [{ ...sink, ...probe, name: 'rows' }];
  return probed(
    {
      ...plan,
      sources: plan.sources
        .filter(({ name }) => names.includes(name))
        .map((source) => ({ ...source, bounded: true })),
    },
    { stages: [...above, ...stages], sinks: [...sinks, ...end] },
  );
}

/** The probe of what reaches a node, and what it reads where that are several. */
function reaching(
  node: Reader,
  columns: SinkNode['columns'],
): { stages: RecordNode[]; sinks: SinkNode[] } {
  const { operations, slots } = node;
  const stages = unionOf(node);
  const [{ name: input } = { name: node.input }] = stages;
  return { stages, sinks: [{ ...probe, name: 'reach', input, operations, slots, columns }] };
}

/** A plan with other nodes, of which nothing is written but to probes: failures are told, not fatal. */
function probed(plan: Plan, { stages, sinks }: Pick<Plan, 'stages' | 'sinks'>): Plan {
  const errors = { ...plan.errors, decode: 'dead_letter', expression: 'dead_letter' } as const;
  const quiet = stages.map((stage) =>
    stage.kind === 'window' ? { ...stage, emit: 'final' as const, late: 'drop' as const } : stage,
  );
  return { ...plan, stages: withCarries({ stages: quiet, sinks }), sinks, errors };
}

/** What a window reads of several, as a stage of its own: sinks, which probes are, read one. */
function unionOf({ input, union }: Reader): RecordNode[] {
  if (union === undefined) return [];
  const slots = union[0]?.slots.length ?? 0;
  // No definition can name it.
  return [
    { kind: 'record', name: 'what is read', input, union, operations: [], columns: [], slots },
  ];
}

const stagesAbove = (plan: Plan, node: Pick<Reader, 'input' | 'union'>): Plan['stages'] =>
  plan.stages.filter(({ name }) => isAbove(plan, name, node));

/** Whether rows of a stage come to a node. */
function isAbove(plan: Plan, stage: string, node: Pick<Reader, 'input' | 'union'>): boolean {
  return inputsOf(node).some((input) => {
    if (input === stage) return true;
    const above = plan.stages.find(({ name }) => name === input);
    return above !== undefined && isAbove(plan, stage, above);
  });
}
