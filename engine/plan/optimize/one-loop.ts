/**
 * Row-wise stages fuse: a stage that only one other stage, window or sink reads runs in one loop with
 * it, so that rows are gone through once and what one computes is at hand for the next.
 *
 *     warm: where, set ─▶ felt: where ─▶ sink: where       ▶   one loop
 *
 * Rows, letters and counts do not change: the loop counts the rows that get past each of its stages,
 * and knows in which a row has failed. Stages that are not all code in a loop (lookup, explode, stages
 * of extensions) begin and end where they did.
 */
import { isLoop } from '../../core/operation/chain.ts';
import type { Plan, SourceNode } from '../planner.ts';
import type { Optimized } from './pass.ts';
import { type FrameNode, chainsOf, mapNodes, titleOf, workerFrame } from './worker-frame.ts';

/** The pass. */
export function fuseStages(plan: Plan): Optimized {
  const rewrites: string[] = [];
  let rewritten = plan;
  for (const source of plan.sources) rewritten = ofSource(rewritten, source, rewrites);
  return { plan: rewritten, rewrites };
}

function ofSource(plan: Plan, source: SourceNode, rewrites: string[]): Plan {
  const frame = workerFrame(plan, source);
  const chains = chainsOf(frame).flatMap(loopsOf);
  if (chains.length === 0) return plan;
  for (const chain of chains)
    rewrites.push(`${chain.map(titleOf).join(', ')}: one loop over the rows`);
  const fused = new Set(chains.flatMap((chain) => chain.slice(1)));
  return mapNodes(plan, frame, (node) => (fused.has(node) ? { ...node, fused: true } : node));
}

/** The stretches of a chain that can be one loop; the first and the last of each have work to do. */
function loopsOf(chain: readonly FrameNode[]): FrameNode[][] {
  const loops: FrameNode[][] = [[]];
  for (const node of chain) {
    const loop = loops.at(-1) as FrameNode[];
    if (!isLoop(node.operations)) loops.push([]);
    else if (loop.length > 0 || node.operations.length > 0) loop.push(node);
  }
  for (const loop of loops) while (loop.at(-1)?.operations.length === 0) loop.pop();
  return loops.filter(({ length }) => length > 1);
}
