/** The code that is generated for a plan, stage by stage, for people to read. */
import { compileOperations } from '../core/operation/compile.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import type { Operation, Plan, RecordNode } from './planner.ts';

/** One generated program. */
interface Program {
  readonly title: string;
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly slots: number;
}

/**
 * The generated functions in the order of the data, or those of one stage or sink, each under a line
 * that says what it is; values of parameters are in it, so mask the secrets of the definition before
 * it is printed. The very text that threads compile: `compileOperations` is asked as they ask it.
 */
export function explainProgram(plan: Plan, only: string | null = null): string {
  const programs = programsOf(plan).filter(
    ({ name, operations }) => operations.length > 0 && (only === null || name === only),
  );
  if (programs.length === 0) {
    return only === null
      ? '// no stage of this pipeline needs code\n'
      : `// ${only} needs no code\n`;
  }
  return programs
    .map(({ title, name, operations, slots }) => {
      const { source } = compileOperations(name, operations, slots);
      return `// ${title}\n${source}`;
    })
    .join('\n');
}

/** One program, or two with a dedup in between. */
function recordPrograms({ name, operations, slots }: RecordNode): Program[] {
  const cut = cutAtDedup(operations);
  if (cut === null) return [{ title: `stage ${name}`, name, operations, slots }];
  const { before, args, after } = cut;
  return [
    { title: `stage ${name}: before its dedup`, name, operations: before, slots: args.slots },
    { title: `stage ${name}: after its dedup`, name, operations: after, slots },
  ];
}

const programsOf = (plan: Plan): Program[] => [
  ...plan.stages.flatMap((stage): Program[] => {
    const { name, operations, slots } = stage;
    const before = { name, operations, slots };
    if (stage.kind === 'record') return recordPrograms(stage);
    const after = { name, operations: stage.after, slots: stage.afterSlots };
    return [
      { title: `window ${name}: arguments of its aggregates`, ...before },
      { title: `window ${name}: rows of closed windows`, ...after },
    ];
  }),
  ...plan.sinks.map(({ name, operations, slots }) => ({
    title: `sink ${name}`,
    name,
    operations,
    slots,
  })),
];
