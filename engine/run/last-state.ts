/**
 * What the newest snapshot of a pipeline says of its window stages, whatever it read from: found
 * without asking a server, also beside the process that takes the snapshots.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stateOf } from '../core/window/snapshot.ts';
import type { StoreHeader } from '../core/window/snapshot.ts';
import { tallyFromJson } from '../graph/tally-json.ts';
import { SnapshotStore } from '../io/checkpoint/snapshot-store.ts';
import type { Plan } from '../plan/planner.ts';
import { misfitOf, pipelineDirectory } from './parts.ts';
import type { SnapshotHeader } from './state.ts';

/** How far a window stage has got. Instants in epoch ms; ±Infinity are allowed. */
export interface StageState {
  /** Windows with end + grace at or below it are closed. */
  readonly closedUpToMs: number;
  /** Windows that begin before it may lack rows (R3). */
  readonly startsAtMs: number;
  /** Records that came when idleness had closed their window (W4). */
  readonly lateIdle: number;
}

/** The state by window stage; null when the pipeline has no snapshot. */
export async function readLastState(
  plan: Plan,
  project: string,
): Promise<ReadonlyMap<string, StageState> | null> {
  const directory = await newestDirectory(pipelineDirectory(plan, project));
  const content = directory === null ? null : await new SnapshotStore(directory).readNewest();
  if (content === null) return null;
  const { windows, tally } = content.header as SnapshotHeader;
  const counts = tallyFromJson(tally).windows;
  return new Map(
    Object.entries(windows).flatMap(([stage, { parts }]) => {
      const header = parts.map((part) => part.header as StoreHeader).find(isStore);
      if (header === undefined) return [];
      const { closedFrontier, startsAt } = stateOf(header);
      const lateIdle = counts.get(stage)?.lateIdle ?? 0;
      const startsAtMs = startsAt + leadMs(plan, stage);
      return [[stage, { closedUpToMs: closedFrontier, startsAtMs, lateIdle }] as const];
    }),
  );
}

/**
 * Whether the newest snapshot of a pipeline fits it no more, so that the next run has to start over
 * (R3); false when there is none. Throws EngineError ENG_STATE_CORRUPT.
 */
export async function hasChanged(plan: Plan, project: string): Promise<boolean> {
  const directory = await newestDirectory(pipelineDirectory(plan, project));
  const content = directory === null ? null : await new SnapshotStore(directory).readNewest();
  if (content === null) return false;
  return misfitOf(plan, content.header as SnapshotHeader) !== null;
}

/** How far before its first record a window may have begun: a session less than its gap (R3). */
function leadMs({ stages }: Plan, stage: string): number {
  const node = stages.find(({ name }) => name === stage);
  if (node?.kind !== 'window' || node.shape.kind !== 'session') return 0;
  return node.shape.gapMs - 1;
}

const isStore = ({ part }: { readonly part: string }): boolean => part === 'store';

/** The source identity (R3) that a snapshot was written for last. */
async function newestDirectory(parent: string): Promise<string | null> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => {
        const path = join(parent, name);
        return { path, changedMs: (await stat(path)).mtimeMs };
      }),
  );
  return found.toSorted((a, b) => b.changedMs - a.changedMs)[0]?.path ?? null;
}
