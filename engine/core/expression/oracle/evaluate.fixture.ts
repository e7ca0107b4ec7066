/** Expressions compiled and run over one row, for tests that say what comes out. */
import { cellOf } from '../../batch.ts';
import { compileOperations } from '../../operation/compile.ts';
import { compileExpression } from '../compile.ts';
import type { ExpressionScope, ScopeParameter } from '../scope.ts';
import type { Problem, TypedExpression } from '../types.ts';
import { everyRow, frameOf } from './frame.fixture.ts';
import type { Value } from './interpreter.fixture.ts';
import { COLUMNS } from './random.fixture.ts';

/** A scope over COLUMNS, in Paris. */
export const scope = (parameters: Record<string, ScopeParameter> = {}): ExpressionScope => ({
  columns: COLUMNS,
  parameters: new Map(Object.entries(parameters)),
  timezone: 'Europe/Paris',
});

/** The typed expression of a text that is right. */
export function typed(text: string, within: ExpressionScope = scope()): TypedExpression {
  const compiled = compileExpression(text, within);
  if ('expression' in compiled) return compiled.expression;
  throw new Error(`${text}: ${compiled.problems.map(({ message }) => message).join('; ')}`);
}

/** The problems of a text that is wrong. */
export function problemsOf(text: string, within: ExpressionScope = scope()): readonly Problem[] {
  const compiled = compileExpression(text, within);
  if ('problems' in compiled) return compiled.problems;
  throw new Error(`${text} is right`);
}

/** What a failed row gives. */
export interface Failed {
  readonly failed: string;
}

/** The value of a text over a row, by column name; columns not given are 0, '' or null. */
export function evaluate(text: string, row: Readonly<Record<string, Value>> = {}): Value | Failed {
  const value = typed(text);
  const slot = COLUMNS.length;
  const program = compileOperations('one', [{ operation: 'set', args: { slot, value } }], slot + 1);
  const values = COLUMNS.map(({ name, type, nullable }) =>
    name in row ? (row[name] ?? null) : nullable ? null : type === 'string' ? '' : 0,
  );
  let failed = null as string | null;
  const frame = frameOf(COLUMNS, [values], 'bytes');
  const after = program.run(frame, everyRow(1), (_, reason) => (failed = reason));
  if (failed !== null) return { failed };
  const vector = after.frame.vectors[slot];
  const cell = vector === undefined ? null : cellOf(vector, 0);
  return value.type === 'bool' && cell !== null ? cell === 1 : cell;
}
