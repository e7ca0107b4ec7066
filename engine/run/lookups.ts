/** The tables of lookups, read when a run opens: into the plan, with which they reach the threads. */
import { type LookupArgs, lookup } from '../core/operation/lookup.ts';
import { readLookupTable } from '../io/file/lookup-table.ts';
import type { Operation, Plan } from '../plan/planner.ts';

/** The plan with all its tables. Throws EngineError ENG_FILE_READ for one that cannot be read. */
export async function withTables(plan: Plan, project: string): Promise<Plan> {
  const filled = async (operation: Operation): Promise<Operation> => {
    if (operation.operation !== lookup.operation) return operation;
    const args = operation.args as LookupArgs;
    const wanted = {
      file: args.file,
      on: args.on.map(({ column }) => column),
      take: args.take.map(({ name }) => name),
    };
    return { ...operation, args: { ...args, table: await readLookupTable(wanted, project) } };
  };
  const stages = plan.stages.map(async (node): Promise<Plan['stages'][number]> => ({
    ...node,
    operations: await Promise.all(node.operations.map(filled)),
  }));
  return { ...plan, stages: await Promise.all(stages) };
}
