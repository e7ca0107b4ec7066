/** `limits` (L2): above them the run takes a snapshot and stops; it never sheds. */
import { EngineError } from '../errors.ts';
import type { GraphParts } from '../graph/build.ts';
import { neededBytes } from './memory.ts';

/** The error of the first limit that is exceeded, or null. */
export function checkLimits({
  plan,
  windows,
  dedups,
}: Pick<GraphParts, 'plan' | 'windows' | 'dedups'>): EngineError | null {
  const { keys: mostKeys, memoryBytes } = plan.limits;
  for (const { node, keys } of windows) {
    if (keys.size <= mostKeys) continue;
    return new EngineError(
      'ENG_LIMIT_KEYS',
      `stage ${node.name} has ${keys.size} keys, limits.keys is ${mostKeys}; a snapshot was taken, raise the limit and run again`,
    );
  }
  const needed = neededBytes(memoryBytes);
  if (needed <= memoryBytes) return null;
  const sizes = [
    ...windows.map(({ node, store }) => ({ node, bytes: store.sizeBytes })),
    ...dedups.map(({ node, state, waiting }) => {
      return { node, bytes: state.sizeBytes + waiting.sizeBytes };
    }),
  ];
  const largest = sizes.toSorted((a, b) => b.bytes - a.bytes)[0];
  const stage = largest === undefined ? '' : `, most of its state is in stage ${largest.node.name}`;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return new EngineError(
    'ENG_LIMIT_MEMORY',
    `the process takes ${mib(needed)}, limits.memory is ${mib(memoryBytes)}${stage}; a snapshot was taken, raise the limit and run again`,
  );
}
