/** Opening everything a run needs: pool, sources, sinks, state. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { SourceClock } from '../core/time/watermark.ts';
import { openStore } from '../core/window/open-store.ts';
import { EngineError } from '../errors.ts';
import type { Aligned } from '../graph/alignment.ts';
import { type DedupRuntime, openDedups } from '../graph/dedup-state.ts';
import { KeySpace } from '../graph/key-space.ts';
import type { SinkContext, SinkPort, SourceContext, SourcePort } from '../graph/ports.ts';
import type { SourceRuntime } from '../graph/source-flow.ts';
import { StartLine } from '../graph/start-line.ts';
import { Valve } from '../graph/valve.ts';
import type { WindowRuntime } from '../graph/window-flow.ts';
import { type SnapshotContent, SnapshotStore } from '../io/checkpoint/snapshot-store.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
import type { Plan } from '../plan/planner.ts';
import { type Migration, migrationOf } from '../plan/migration.ts';
import { differences, shapeOf } from '../plan/shape.ts';
import { openSink, openSource } from './adapters.ts';
import { STATE_FORMAT, type SnapshotHeader } from './state.ts';

/** The directory of a pipeline's state, whatever its sources. */
export const pipelineDirectory = (plan: Plan, project: string): string =>
  join(resolve(project, plan.checkpoint.directory), plan.name);

/** Opens the sources' ports. */
export const openSources = (
  plan: Plan,
  context: SourceContext,
  project: string,
): Promise<SourcePort[]> =>
  Promise.all(plan.sources.map((node) => openSource(node, context, project)));

/** Opens the sinks' ports, without what they write to. */
export const openSinks = (
  plan: Plan,
  contextOf: (sink: string) => SinkContext,
  project: string,
): Promise<SinkPort[]> =>
  Promise.all(plan.sinks.map((node) => openSink(node, contextOf(node.name), project)));

/** Runtimes of all sources, with fresh clocks and keys. */
export function openRuntimes(
  plan: Plan,
  ports: readonly SourcePort[],
): { sources: SourceRuntime[]; windows: WindowRuntime[]; dedups: DedupRuntime[] } {
  const windows = plan.stages.flatMap((node, index): WindowRuntime[] => {
    if (node.kind !== 'window') return [];
    const keys = new KeySpace(index, node.keys);
    return [{ node, index, keys, store: openStore(node, () => keys.order()) }];
  });
  const overRecords = windows.filter(({ node }) => windowsAbove(plan, node).length === 0);
  const dedups = openDedups(plan);
  const feeding = overRecords.map(({ node }) => sourcesAbove(plan, node));
  const together = plan.sources.map((): Aligned[] => []);
  const sources = plan.sources.map((node, index): SourceRuntime => {
    const port = ports[index] as SourcePort;
    const fed = overRecords.filter((_, i) => feeding[i]?.includes(node.name));
    return {
      node,
      index,
      port,
      clock: new SourceClock(node.watermark),
      valve: new Valve(port),
      keys: new Map(fed.map((window) => [window.index, window.keys])),
      positions: new Map(),
      startLine: new StartLine(),
      ends: new Map(),
      caughtUp: new Map(),
      together: together[index] as Aligned[],
    };
  });
  for (const { node, index } of sources) {
    const names = meeting(node.name, [...feeding, ...dedups.map((dedup) => dedup.sources)]);
    together[index]?.push(...sources.filter((each) => names.has(each.node.name)));
  }
  return { sources, windows, dedups };
}

/** The sources that feed windows or dedups together with one, directly or through others; itself among them. */
function meeting(source: string, feeding: readonly (readonly string[])[]): ReadonlySet<string> {
  const found = new Set([source]);
  // A set takes in what is added while it is gone through.
  for (const name of found) {
    for (const names of feeding) if (names.includes(name)) names.forEach((each) => found.add(each));
  }
  return found;
}

/** How to go on from what is saved. */
export interface SnapshotOptions {
  readonly project: string;
  readonly fresh: boolean;
  /** Go on with a changed definition where the state allows it. */
  readonly migrate?: boolean;
  readonly onNotice: (text: string) => void;
}

/**
 * The snapshots of this pipeline over these sources (R3), and the one to go on from: null when there
 * is none, when it is finished, or when `fresh` was asked for. What differs between it and the plan
 * is said: a run over bounded input then starts over; one that is told to `migrate` goes on if the
 * state allows it; any other throws EngineError ENG_STATE_MISMATCH.
 */
export async function openSnapshots(
  plan: Plan,
  ports: readonly SourcePort[],
  { project, fresh, migrate = false, onNotice }: SnapshotOptions,
): Promise<{ store: SnapshotStore; content: SnapshotContent | null }> {
  const identities = await Promise.all(ports.map((port) => port.identity()));
  const name = createHash('sha256').update(identities.join('\n')).digest('hex').slice(0, 16);
  const store = new SnapshotStore(join(pipelineDirectory(plan, project), name));
  if (fresh) await store.clear();
  const content = await store.readNewest((path) =>
    onNotice(`the snapshot ${path} is damaged: going on from the one before`),
  );
  if (content === null) return { store, content };
  const header = content.header as SnapshotHeader;
  if (header.finished) return { store, content: null };
  const misfit = misfitOf(plan, header);
  if (misfit === null) return { store, content };
  // All of its input is still there, and an interrupted batch is worth little.
  if (plan.sources.every(({ bounded }) => bounded)) {
    onNotice(`${misfit}\nstarting over`);
    await store.clear();
    return { store, content: null };
  }
  const isKnown = header.format === STATE_FORMAT;
  const migration = isKnown ? migrationOf(header.shape, shapeOf(plan)) : null;
  if (migrate && migration?.obstacles.length === 0) {
    onNotice(`${misfit}\ngoing on with it:${listed(migration.consequences)}`);
    return { store, content };
  }
  throw new EngineError('ENG_STATE_MISMATCH', `${misfit}\n${hintOf(migration, migrate)}`);
}

const listed = (lines: readonly string[]): string => lines.map((line) => `\n  ${line}`).join('');

/** What can be done about a state that does not fit. */
function hintOf(migration: Migration | null, migrate: boolean): string {
  const others = '--fresh to start over, or put the definition back';
  if (migration === null) return `run again with ${others}`;
  const { consequences, obstacles } = migration;
  if (obstacles.length === 0) {
    return `run again with --migrate to go on with it:${listed(consequences)}\nwith ${others}`;
  }
  const why = migrate ? `--migrate cannot go on with it:${listed(obstacles)}\n` : '';
  return `${why}run again with ${others}`;
}

/** Why a run cannot go on from a snapshot; null when it can. */
export function misfitOf(plan: Plan, header: SnapshotHeader): string | null {
  if (header.format !== STATE_FORMAT) {
    return `the saved state of ${plan.name} was written by another version (format ${header.format}, this is ${STATE_FORMAT})`;
  }
  const changed = differences(header.shape, shapeOf(plan));
  if (changed.length === 0) return null;
  return `the saved state of ${plan.name} does not fit the definition any more:${listed(changed)}`;
}
