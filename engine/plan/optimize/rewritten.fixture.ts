/** A definition before and after a pass of the optimiser. */
import { type Parts, definition, planned } from '../definition.fixture.ts';
import type { Plan } from '../planner.ts';
import { operationText } from '../text.ts';
import type { Pass } from './pass.ts';

/** Each stage and sink with its operations, `name | t > 3 | t + 1`, before and after; and the rewrites. */
export function rewritten(pass: Pass, parts: Parts) {
  const plan = planned(definition(parts));
  const { plan: after, rewrites } = pass(plan);
  const texts = (of: Plan) =>
    [...of.stages, ...of.sinks].map(({ name, operations }) =>
      [name, ...operations.map((each) => operationText(each).text)].join(' | '),
    );
  return { before: texts(plan), after: texts(after), rewrites, plan: after };
}
