/** Stages in the order of the data: each after what it reads. */
import type { Report } from '../spec/diagnostic.ts';
import type { Spec } from '../spec/spec.ts';

type StageSpec = Spec['stages'][number];

/** A stage on the way up from where the search began. */
interface Step {
  readonly stage: StageSpec;
  /** Index of the next name in its `from`. */
  next: number;
  /** False once something above it is missing. */
  whole: boolean;
}

/**
 * Sorts stages so that each comes after its `from` (depth first, written order kept otherwise).
 * Reports cycles; stages on a cycle, or below something that does not exist, are left out. A name
 * that is both a source and a stage means the source. O(stages + names in `from`), no recursion.
 */
export function inOrderOfFrom(spec: Spec, report: Report): StageSpec[] {
  const sources = new Set(spec.sources.map(({ name }) => name));
  const stages = new Map(spec.stages.map((stage) => [stage.name, stage]));
  const ordered: StageSpec[] = [];
  const seen = new Map<string, 'open' | 'placed' | 'left out'>();
  const trail: Step[] = [];
  const enter = (stage: StageSpec): void => {
    seen.set(stage.name, 'open');
    trail.push({ stage, next: 0, whole: true });
  };
  const leave = ({ stage, whole }: Step): void => {
    trail.pop();
    seen.set(stage.name, whole ? 'placed' : 'left out');
    const below = trail.at(-1);
    if (whole) ordered.push(stage);
    else if (below !== undefined) below.whole = false;
  };
  for (const first of spec.stages) {
    if (!seen.has(first.name)) enter(first);
    for (let step = trail.at(-1); step !== undefined; step = trail.at(-1)) {
      const from = step.stage.from[step.next++];
      if (from === undefined) leave(step);
      if (from === undefined || sources.has(from)) continue;
      const above = stages.get(from);
      const state = seen.get(from);
      if (above !== undefined && state === undefined) enter(above);
      else if (state !== 'placed') step.whole = false;
      if (state === 'open') reportCycle(from, trail, report);
    }
  }
  return ordered;
}

/** `from` is on the trail already: the way from there to its end is a circle. */
function reportCycle(from: string, trail: readonly Step[], report: Report): void {
  const names = trail.map(({ stage }) => stage.name);
  const circle = [...names.slice(names.indexOf(from)).reverse(), names.at(-1) ?? ''];
  report({
    code: 'cycle',
    path: ['stages', from, 'from'],
    message: `stages read each other in a circle: ${circle.join(' → ')}`,
  });
}
