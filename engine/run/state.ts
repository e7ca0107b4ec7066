/**
 * The state of a run as one snapshot (R1): positions, clocks, windows with their keys, the keys that
 * dedups have seen, counters.
 * Cutting is synchronous and cheap: tables are shared copy-on-write until they are on disk.
 */
import type { ClockSnapshot } from '../core/time/watermark.ts';
import type { SeenPart } from '../core/dedup/seen-keys.ts';
import { invariant } from '../errors.ts';
import type { DedupRuntime } from '../graph/dedup-state.ts';
import type { SourceRuntime } from '../graph/source-flow.ts';
import type { StartLineSnapshot } from '../graph/start-line.ts';
import type { ResumePoint } from '../graph/ports.ts';
import { tallyFromJson, tallyToJson } from '../graph/tally-json.ts';
import type { Tally } from '../graph/tally.ts';
import type { WindowRuntime } from '../graph/window-flow.ts';
import type { SnapshotContent } from '../io/checkpoint/snapshot-store.ts';
import type { Shape } from '../plan/shape.ts';

/** Raised when the layout of snapshots changes: older ones are not read. */
export const STATE_FORMAT = 3;

/** What a run keeps. */
export interface RunState {
  readonly sources: readonly SourceRuntime[];
  readonly windows: readonly WindowRuntime[];
  readonly dedups: readonly DedupRuntime[];
  readonly tally: Tally;
}

/** Header of a snapshot, JSON. */
export interface SnapshotHeader {
  readonly format: number;
  readonly pipeline: string;
  readonly shape: Shape;
  /** True when a bounded source was read to its end: the next run starts afresh (R7). */
  readonly finished: boolean;
  readonly sources: Record<string, SavedSource>;
  readonly windows: Record<string, { keys: number; parts: WindowPart[] }>;
  /** By dedup stage; three buffers a bucket. */
  readonly dedups: Record<string, readonly SavedPartition[]>;
  readonly tally: Record<string, unknown>;
  /** Prepared handles by sink (R2). */
  readonly handles: Record<string, unknown>;
}

/** What is kept of a source. */
interface SavedSource {
  readonly positions: readonly [number, ResumePoint][];
  readonly clock: ClockSnapshot;
  readonly startLine: StartLineSnapshot;
  /** What the source itself remembers (R9). */
  readonly memory?: unknown;
}

/** The keys that a dedup has seen in one partition: its buckets, in the order of the buffers. */
interface SavedPartition {
  readonly partition: number;
  readonly buckets: readonly number[];
}

/** A part's header and how many of the snapshot's buffers are its. */
interface WindowPart {
  readonly header: unknown;
  readonly buffers: number;
}

/** A cut: everything but the sinks' handles. Call `release` when it has been written. */
export interface Cut {
  readonly header: Omit<SnapshotHeader, 'handles'>;
  readonly buffers: readonly Uint8Array[];
  release(): void;
}

/** Cuts the state at this instant. O(panes + keys of dedups). */
export function cutState(
  state: RunState,
  meta: { pipeline: string; shape: Shape; finished: boolean },
): Cut {
  const buffers: Uint8Array[] = [];
  const releases: (() => void)[] = [];
  const windows = new Map<string, SnapshotHeader['windows'][string]>();
  for (const { node, store, keys } of state.windows) {
    const entries = keys.encode();
    buffers.push(...entries);
    const snapshot = store.snapshot();
    releases.push(() => snapshot.release());
    const parts: WindowPart[] = [];
    for (const part of snapshot.parts) {
      parts.push({ header: part.header, buffers: part.buffers.length });
      buffers.push(...part.buffers);
    }
    windows.set(node.name, { keys: entries.length, parts });
  }
  const dedups = state.dedups.map(({ node, state: seen }) => {
    const saved = seen.snapshot().map(([partition, parts]): SavedPartition => {
      buffers.push(...parts.flatMap((part) => part.buffers));
      return { partition, buckets: parts.map(({ bucket }) => bucket) };
    });
    return [node.name, saved] as const;
  });
  const sources = state.sources.map(({ node, port, positions, clock, startLine }) => {
    const memory = port.memory?.(positions);
    const saved: SavedSource = {
      positions: [...positions],
      clock: clock.snapshot(),
      startLine: startLine.snapshot(),
      ...(memory !== undefined && { memory }),
    };
    return [node.name, saved] as const;
  });
  const tally = tallyToJson(state.tally);
  return {
    header: {
      format: STATE_FORMAT,
      ...meta,
      sources: Object.fromEntries(sources),
      windows: Object.fromEntries(windows),
      dedups: Object.fromEntries(dedups),
      tally,
    },
    buffers,
    release: () => {
      for (const release of releases) release();
    },
  };
}

/** Puts a snapshot's state into fresh runtimes; returns its tally. */
export function restoreState(state: Omit<RunState, 'tally'>, content: SnapshotContent): Tally {
  const header = content.header as SnapshotHeader;
  let at = 0;
  const take = (count: number): readonly Uint8Array[] => content.buffers.slice(at, (at += count));
  for (const { node, store, keys } of state.windows) {
    const saved = header.windows[node.name];
    invariant(saved !== undefined, `the snapshot has no window stage ${node.name}`);
    keys.restore(take(saved.keys));
    store.restore(
      saved.parts.map((part) => ({ header: part.header as never, buffers: take(part.buffers) })),
    );
  }
  for (const { node, state: seen } of state.dedups) {
    const saved = header.dedups[node.name];
    invariant(saved !== undefined, `the snapshot has no dedup ${node.name}`);
    const partOf = (bucket: number): SeenPart => {
      const [times, ends, bytes] = take(3);
      invariant(times && ends && bytes, 'a snapshot without the keys of its dedups');
      return { bucket, buffers: [times, ends, bytes] };
    };
    seen.restore(saved.map(({ partition, buckets }) => [partition, buckets.map(partOf)]));
  }
  for (const { node, port, positions, clock, startLine } of state.sources) {
    const saved = header.sources[node.name];
    invariant(saved !== undefined, `the snapshot has no source ${node.name}`);
    for (const [partition, point] of saved.positions) positions.set(partition, point);
    clock.restore(awake(saved.clock));
    startLine.restore(saved.startLine);
    if (saved.memory !== undefined) port.restore?.(saved.memory);
  }
  return tallyFromJson(header.tally);
}

/**
 * A partition that was idle has to show it again, by its first empty fetch: while nobody read it,
 * records may have come, and the others must not run away from them (T5).
 */
const awake = (clock: ClockSnapshot): ClockSnapshot => ({
  ...clock,
  partitions: clock.partitions.map((partition) =>
    partition.idle && !partition.ended ? { ...partition, idle: false, empty: true } : partition,
  ),
});
