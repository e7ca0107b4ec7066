/** where: keeps the rows for which a predicate is true; false and null drop them. */
import type { CallExpression, TypedExpression } from '../expression/types.ts';
import type { FusedKernel } from './kernel.ts';

/** Arguments of `where`; the predicate is a bool. */
export interface WhereArgs {
  readonly predicate: TypedExpression;
}

/** The kernel. Sides of `and` are dropped on one by one: the first that is not true ends the row. */
export const where: FusedKernel<WhereArgs> = {
  operation: 'where',
  kind: 'fused',
  title: () => 'where',
  expressions: ({ predicate }) => [predicate],
  emit({ predicate }, loop) {
    for (const condition of conjuncts(predicate, loop.writer)) {
      loop.keepWhen(loop.writer.truth(condition, loop.body));
    }
  },
};

/**
 * The conditions that all have to be true, in order. A null on the left ends the row before the right
 * is computed, so the right must not be able to fail it.
 */
function conjuncts(
  node: TypedExpression,
  writer: { mayFail(node: TypedExpression): boolean },
): TypedExpression[] {
  const [left, right] = sides(node);
  if (left === undefined || right === undefined) return [node];
  if (left.nullable && writer.mayFail(right)) return [node];
  return [...conjuncts(left, writer), ...conjuncts(right, writer)];
}

function sides(node: TypedExpression): TypedExpression[] {
  if (node.kind !== 'call') return [];
  if (node.name === 'and') return [...node.args];
  if (node.name !== 'between') return [];
  const [x, low, high] = node.args as [TypedExpression, TypedExpression, TypedExpression];
  return x.kind === 'column' ? [compare('>=', x, low), compare('<=', x, high)] : [];
}

const compare = (name: string, a: TypedExpression, b: TypedExpression): CallExpression => ({
  kind: 'call',
  type: 'bool',
  nullable: a.nullable || b.nullable,
  name,
  args: [a, b],
});
