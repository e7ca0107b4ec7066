/** The code that is generated for a plan, stage by stage, for people to read. */
import { type ChainedStage, compileChain } from '../core/operation/chain.ts';
import { compileOperations } from '../core/operation/compile.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Plan, RecordNode, SinkNode, WindowNode } from './planner.ts';

type Node = RecordNode | WindowNode | SinkNode;

/** One generated program: of a stage or sink, or of several in one loop. */
interface Program {
  readonly title: string;
  readonly stages: readonly ChainedStage[];
  readonly slots: number;
}

/**
 * The generated functions in the order of the data, or those of one stage or sink, each under a line
 * that says what it is; values of parameters are in it, so mask the secrets of the definition before
 * it is printed. The very text that threads compile: it is made as they make it.
 */
export function explainProgram(plan: Plan, only: string | null = null): string {
  const programs = programsOf(plan).filter(
    ({ stages }) =>
      stages.some(({ operations }) => operations.length > 0) &&
      (only === null || stages.some(({ name }) => name === only)),
  );
  if (programs.length === 0) {
    return only === null
      ? '// no stage of this pipeline needs code\n'
      : `// ${only} needs no code\n`;
  }
  return programs.map((each) => `// ${each.title}\n${sourceOf(each)}`).join('\n');
}

function sourceOf({ stages, slots }: Program): string {
  const [first, ...others] = stages;
  if (first === undefined || others.length > 0) return compileChain(stages, slots).source;
  return compileOperations(first.name, first.operations, slots).source;
}

const programsOf = (plan: Plan): Program[] =>
  [...plan.stages, ...plan.sinks].flatMap((node) => [
    ...(node.fused === true ? [] : programsOfLoop(chainFrom(node, plan))),
    ...(node.kind === 'window' ? [closingProgram(node)] : []),
  ]);

/** A node and those that share its loop. */
function chainFrom(node: Node, plan: Plan): [Node, ...Node[]] {
  const next = [...plan.stages, ...plan.sinks].find(
    ({ fused, input }) => node.kind === 'record' && fused === true && input === node.name,
  );
  return next === undefined ? [node] : [node, ...chainFrom(next, plan)];
}

function programsOfLoop(chain: [Node, ...Node[]]): Program[] {
  const [node, ...others] = chain;
  const { name, operations, slots } = chain.at(-1) ?? node;
  if (others.length > 0) {
    return [{ title: `${chain.map(titleOf).join(', ')}: one loop`, stages: chain, slots }];
  }
  if (node.kind === 'record') return recordPrograms(node);
  const what = node.kind === 'window' ? ': arguments of its aggregates' : '';
  return [{ title: `${titleOf(node)}${what}`, stages: [{ name, operations }], slots }];
}

/** One program, or two with a dedup in between. */
function recordPrograms(node: RecordNode): Program[] {
  const { name, operations, slots } = node;
  const cut = cutAtDedup(operations);
  if (cut === null) return [{ title: titleOf(node), stages: [node], slots }];
  const { before, args, after } = cut;
  return [
    {
      title: `${titleOf(node)}: before its dedup`,
      stages: [{ name, operations: before }],
      slots: args.slots,
    },
    { title: `${titleOf(node)}: after its dedup`, stages: [{ name, operations: after }], slots },
  ];
}

function closingProgram(node: WindowNode): Program {
  const stages = [{ name: node.name, operations: node.after }];
  return { title: `${titleOf(node)}: rows of closed windows`, stages, slots: node.afterSlots };
}

const titleOf = ({ kind, name }: Node): string => `${kind === 'record' ? 'stage' : kind} ${name}`;
