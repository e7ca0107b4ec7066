/**
 * Windows over the same rows share one pass over them: the key of a record is looked up once for all
 * that group by the same columns, its pane found once for all that have the same panes, the watermark
 * before it worked out once for all.
 *
 *     rows ─▶ keys, panes ─▶ five minutes:          partial aggregates
 *                  └───────▶ hours every five:      partial aggregates
 *
 * Tables, dictionaries and letters do not change: what is shared is what each would have found. That
 * takes the very same rows, so a window is left alone where an argument of its aggregates may fail.
 */
import { functions } from '../../core/expression/functions/registry.ts';
import { mayFail } from '../../core/expression/may-fail.ts';
import { panesOf } from '../../core/window/assigner.ts';
import type { Plan, SourceNode, WindowNode } from '../planner.ts';
import { setArgs } from './expressions.ts';
import type { Optimized } from './pass.ts';
import { mapNodes, workerFrame } from './worker-frame.ts';

/** The pass. */
export function sharePasses(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) rewritten = ofSource(rewritten, source, rewrites);
  return { plan: rewritten, rewrites };
}

function ofSource(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const frame = workerFrame(plan, source);
  const windows = frame.nodes.flatMap((node) =>
    node.kind === 'window' && keepsRows(node) ? [node] : [],
  );
  const shared = new Map<string, Pick<WindowNode, 'keysOf' | 'panesOf'>>();
  windows.forEach((window, index) => {
    const before = windows.slice(0, index).filter(({ input }) => input === window.input);
    const keysOf = before.find((each) => sameKeys(each, window))?.name;
    const panesOf = before.find((each) => samePanes(each, window))?.name;
    if (keysOf === undefined && panesOf === undefined) return;
    shared.set(window.name, {
      ...(keysOf === undefined ? {} : { keysOf }),
      ...(panesOf === undefined ? {} : { panesOf }),
    });
    const keys = window.keys.map(({ name }) => name).join(', ');
    if (keysOf !== undefined)
      rewrites.push(`${window.name}: ${keys} is looked up once, with ${keysOf}`);
    if (panesOf !== undefined)
      rewrites.push(`${window.name}: panes are found once, with ${panesOf}`);
  });
  if (shared.size === 0) return plan;
  return mapNodes(plan, frame, (node) =>
    node.kind === 'window' ? { ...node, ...shared.get(node.name) } : node,
  );
}

/** Whether all rows that reach a window get into it: nothing that it computes may fail. */
const keepsRows = ({ operations }: WindowNode): boolean =>
  operations.every((each) => {
    const args = setArgs(each);
    return args !== null && !mayFail(args.value, functions);
  });

/** Without keys there is nothing to look up. */
const sameKeys = (a: WindowNode, b: WindowNode): boolean =>
  a.keys.length > 0 && slotsOf(a) === slotsOf(b);

const slotsOf = ({ keys }: WindowNode): string => keys.map(({ slot }) => slot).join(' ');

function samePanes(a: WindowNode, b: WindowNode): boolean {
  const panes = panesOf(a.shape);
  return panes !== null && panes === panesOf(b.shape);
}
