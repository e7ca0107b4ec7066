/** set: computes a column. */
import type { TypedExpression } from '../expression/types.ts';
import type { FusedKernel } from './kernel.ts';

/** Arguments of `set`: where the value goes, and the column's name for comments and reasons. */
export interface SetArgs {
  readonly slot: number;
  readonly value: TypedExpression;
  readonly name?: string;
}

/** The kernel. */
export const set: FusedKernel<SetArgs> = {
  operation: 'set',
  kind: 'fused',
  title: ({ slot, name }) => `set ${name ?? `column ${slot}`}`,
  expressions: ({ value }) => [value],
  emit({ slot, value, name = '' }, loop) {
    loop.store({ slot, type: value.type, name }, loop.writer.expression(value, loop.body));
  },
};
