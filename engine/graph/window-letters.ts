/** Dead letters of window rows: there is no record to keep, so they hold the row. */
import { type Frame, cellOf } from '../core/batch.ts';
import { cellJson } from '../core/row-json.ts';
import type { ResultFailure } from '../core/window/closed-windows.ts';
import type { WindowNode } from '../plan/planner.ts';
import { invariant } from '../errors.ts';
import { framedBoundsOf } from '../plan/window-shape.ts';
import type { DeadLetter } from '../../workers/protocol.ts';
import type { KeySpace } from './key-space.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { GraphParts } from './parts.ts';
import type { RowContext } from './row-flow.ts';

/** Letters of groups whose result is out of the range of its type (O4). */
export function failureLetters(
  failures: readonly ResultFailure[],
  node: WindowNode,
  keys: KeySpace,
): LetterBatch {
  const vectors = keys.vectorsOf(Int32Array.from(failures, ({ key }) => key));
  const times = (values: Float64Array) => ({ kind: 'number', values, valid: null }) as const;
  const frame: Frame = {
    length: failures.length,
    vectors: [
      ...vectors,
      times(Float64Array.from(failures, ({ windowStart }) => windowStart)),
      times(Float64Array.from(failures, ({ windowEnd }) => windowEnd)),
    ],
  };
  const letters = failures.map(({ result }, row) =>
    windowLetter({ node, stage: node.name, frame, row }, `${result} is out of range`),
  );
  return { letters, isCounted: false };
}

/**
 * The letter of one row of a frame that came out of window stage `node`: its key is the JSON array of
 * group key and window_start, which makes its id (R6); its value names them and window_end. Of counted
 * windows it is all of group key, partition and window_index.
 */
export function windowLetter(
  at: { node: WindowNode; stage: string; frame: Frame; row: number },
  reason: string,
): DeadLetter {
  const { node, stage, frame, row } = at;
  const { kind } = node.shape;
  const columns = [...node.keys, ...framedBoundsOf(kind)];
  const cells = columns.map(({ name, type }, slot) => {
    const vector = frame.vectors[slot];
    return { name, json: cellJson(type, vector === undefined ? null : cellOf(vector, row)) };
  });
  const key = cells.slice(0, kind === 'count' ? undefined : -1).map(({ json }) => json);
  const fields = cells.map(({ name, json }) => `${JSON.stringify(name)}:${json}`);
  return {
    code: 'EXPRESSION',
    reason,
    stage,
    source: node.name,
    partition: -1,
    offset: -1,
    timestamp: null,
    key: new TextEncoder().encode(`[${key.join(',')}]`),
    value: new TextEncoder().encode(`{${fields.join(',')}}`),
  };
}

/** What becomes of rows behind windows that an expression fails on: letters, unless they are skipped. */
export const failedRows =
  (
    { plan, tally, windows }: Pick<GraphParts, 'plan' | 'tally' | 'windows'>,
    give: (letters: LetterBatch) => void,
  ): RowContext['onFailed'] =>
  (stage, { stage: window, of: { frame, rows } }, row, reason) => {
    if (plan.errors.expression === 'skip') {
      tally.skipped++;
      return;
    }
    const node = windows.find((each) => each.node.name === window)?.node;
    invariant(node !== undefined, `no window ${window}`);
    const letter = windowLetter({ node, stage, frame, row: rows?.[row] ?? row }, reason);
    give({ letters: [letter], isCounted: false });
  };
