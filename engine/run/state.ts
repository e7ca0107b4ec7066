/**
 * The state of a run as one snapshot (R1): positions, clocks, windows with their keys, the keys that
 * dedups have seen, counters.
 * Cutting is synchronous and cheap: tables are shared copy-on-write until they are on disk.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type JsonInstant, instantFromJson, instantToJson } from '../core/time/instant.ts';
import type { ClockSnapshot } from '../core/time/watermark.ts';
import type { SeenPart } from '../core/dedup/seen-keys.ts';
import { type SavedRows, buffersOf, decodeRows, encodeRows } from '../core/dedup/waiting-codec.ts';
import type { Run } from '../core/dedup/waiting-rows.ts';
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
  /** What the ledger's equations are made of. */
  readonly equations?: string;
  readonly sources: Record<string, SavedSource>;
  readonly windows: Record<string, { keys: number; parts: WindowPart[] }>;
  /** By dedup stage; three buffers a bucket. */
  readonly dedups: Record<string, readonly SavedPartition[]>;
  /** By dedup stage, where rows wait: their tables. */
  readonly waiting?: Record<string, SavedWaiting>;
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

/** The rows that wait in a dedup. */
interface SavedWaiting {
  readonly forcedUpTo: JsonInstant;
  readonly tables: readonly SavedRows[];
}

/** A part's header and how many of the snapshot's buffers are its. */
interface WindowPart {
  readonly header: unknown;
  readonly buffers: number;
}

/**
 * A cut. What is large is not encoded yet: tables stay shared until `release`, which is to be called
 * when everything has been written.
 */
export interface Cut {
  readonly sources: SnapshotHeader['sources'];
  /** Encodes, a portion in each turn of the event loop. Once. */
  encode(handles: SnapshotHeader['handles']): Promise<SnapshotContent>;
  release(): void;
}

/** Text columns take time to encode: after so many bytes the event loop has a turn. */
const TURN_BYTES = 1 << 20;

/** Cuts the state at this instant. O(panes + keys of dedups). */
export function cutState(
  state: RunState,
  meta: Pick<SnapshotHeader, 'pipeline' | 'shape' | 'finished' | 'equations'>,
): Cut {
  const windows = state.windows.map(({ node, store, keys }) => ({
    name: node.name,
    keys: keys.encode(),
    snapshot: store.snapshot(),
  }));
  const dedups = state.dedups.map(({ node, state: seen }) => ({
    name: node.name,
    partitions: seen.snapshot(),
  }));
  const waiting = state.dedups.flatMap(({ node, waiting: rows }) => {
    const { forcedUpTo } = rows;
    const runs = rows.runs();
    if (runs.length === 0 && forcedUpTo === -Infinity) return [];
    return [{ name: node.name, forcedUpTo, runs }];
  });
  const sources = Object.fromEntries(state.sources.map(savedSource));
  const tally = tallyToJson(state.tally);
  return {
    sources,
    encode: async (handles) => {
      const encoded = await encodeWindows(windows);
      const buffers = [...encoded.buffers];
      const saved = dedups.map(({ name, partitions }) => {
        const found = partitions.map(([partition, parts]): SavedPartition => {
          buffers.push(...parts.flatMap((part) => part.buffers));
          return { partition, buckets: parts.map(({ bucket }) => bucket) };
        });
        return [name, found] as const;
      });
      const header: SnapshotHeader = {
        ...{ format: STATE_FORMAT, ...meta, sources, windows: encoded.windows },
        ...{ dedups: Object.fromEntries(saved), tally, handles },
        ...(waiting.length > 0 && { waiting: await encodeWaiting(waiting, buffers) }),
      };
      return { header, buffers };
    },
    release: () => {
      for (const { snapshot } of windows) snapshot.release();
    },
  };
}

function savedSource(source: SourceRuntime): [string, SavedSource] {
  const { node, port, positions, clock, startLine } = source;
  const memory = port.memory?.(positions);
  const saved: SavedSource = {
    positions: [...positions],
    clock: clock.snapshot(),
    startLine: startLine.snapshot(),
    ...(memory !== undefined && { memory }),
  };
  return [node.name, saved];
}

/** A window stage that was cut: its keys, and its tables to be encoded. */
interface CutWindow {
  readonly name: string;
  readonly keys: readonly Uint8Array[];
  readonly snapshot: ReturnType<WindowRuntime['store']['snapshot']>;
}

async function encodeWindows(
  cut: readonly CutWindow[],
): Promise<{ windows: SnapshotHeader['windows']; buffers: Uint8Array[] }> {
  const buffers: Uint8Array[] = [];
  const windows: [string, SnapshotHeader['windows'][string]][] = [];
  let left = TURN_BYTES;
  for (const { name, keys, snapshot } of cut) {
    buffers.push(...keys);
    const parts: WindowPart[] = [];
    for (const part of snapshot.parts) {
      parts.push({ header: part.header, buffers: part.buffers.length });
      buffers.push(...part.buffers);
      left -= part.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (left > 0) continue;
      left = TURN_BYTES;
      await turn();
    }
    windows.push([name, { keys: keys.length, parts }]);
  }
  return { windows: Object.fromEntries(windows), buffers };
}

/** Adds the buffers of rows that wait; their tables never change. */
async function encodeWaiting(
  waiting: readonly {
    readonly name: string;
    readonly forcedUpTo: number;
    readonly runs: readonly Run[];
  }[],
  buffers: Uint8Array[],
): Promise<Record<string, SavedWaiting>> {
  const saved: [string, SavedWaiting][] = [];
  let left = TURN_BYTES;
  for (const { name, forcedUpTo, runs } of waiting) {
    const tables: SavedRows[] = [];
    for (const run of runs) {
      const encoded = encodeRows(run);
      tables.push(encoded.saved);
      buffers.push(...encoded.buffers);
      left -= encoded.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (left > 0) continue;
      left = TURN_BYTES;
      await turn();
    }
    saved.push([name, { forcedUpTo: instantToJson(forcedUpTo), tables }]);
  }
  return Object.fromEntries(saved);
}

/** Puts a snapshot's state into fresh runtimes; returns its tally. */
export function restoreState(state: Omit<RunState, 'tally'>, content: SnapshotContent): Tally {
  const header = content.header as SnapshotHeader;
  let at = 0;
  const take = (count: number): readonly Uint8Array[] => content.buffers.slice(at, (at += count));
  // In the order they were written in: stages may have changed places since.
  const windows = new Map(state.windows.map((window) => [window.node.name, window]));
  for (const [name, saved] of Object.entries(header.windows)) {
    const keys = take(saved.keys);
    const parts = saved.parts.map((part) => ({
      header: part.header as never,
      buffers: take(part.buffers),
    }));
    // One that is gone has been agreed to (--migrate).
    windows.get(name)?.keys.restore(keys);
    windows.get(name)?.store.restore(parts);
  }
  const dedups = new Map(state.dedups.map((dedup) => [dedup.node.name, dedup]));
  for (const [name, saved] of Object.entries(header.dedups)) {
    const partOf = (bucket: number): SeenPart => {
      const [times, ends, bytes] = take(3);
      invariant(times && ends && bytes, 'a snapshot without the keys of its dedups');
      return { bucket, buffers: [times, ends, bytes] };
    };
    const seen = saved.map(
      ({ partition, buckets }) => [partition, buckets.map(partOf)] as [number, SeenPart[]],
    );
    dedups.get(name)?.state.restore(seen);
  }
  for (const [name, saved] of Object.entries(header.waiting ?? {})) {
    const waiting = dedups.get(name)?.waiting;
    if (waiting !== undefined) waiting.forcedUpTo = instantFromJson(saved.forcedUpTo);
    for (const rows of saved.tables) {
      const table = decodeRows(rows, take(buffersOf(rows)));
      waiting?.add(table);
    }
  }
  for (const { node, port, positions, clock, startLine } of state.sources) {
    const saved = header.sources[node.name];
    invariant(saved !== undefined, `the snapshot has no source ${node.name}`);
    for (const [partition, point] of saved.positions) positions.set(partition, point);
    clock.restore(awake(saved.clock));
    startLine.restore(saved.startLine);
    if (saved.memory !== undefined) port.restore?.(saved.memory);
  }
  for (const { node, index, store } of state.windows) {
    if (header.windows[node.name] === undefined) store.startAt(afterAllRead(state.sources, index));
  }
  return tallyFromJson(header.tally);
}

/** The first instant that no record read so far, by the sources of a window stage, has reached. */
function afterAllRead(sources: readonly SourceRuntime[], window: number): number {
  const feeding = sources.filter(({ keys }) => keys.has(window));
  const read = feeding.flatMap(({ positions, clock }) =>
    [...positions.keys()].map((partition) => clock.maxOf(partition) + 1),
  );
  return Math.max(...read);
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
