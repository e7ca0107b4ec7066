/**
 * Dedups over several sources, between what these give and all that takes it: merged slices go
 * through, and what the records that pass give comes before them, as slices of its own.
 *
 *     merged, of any source ──▶ records wait ──▶ what passes, by partition ─▶ merged
 *     every second: idle partitions ─▶ forced ─▶ snapshot ─▶ what passes by that (T5)
 *
 * Windows below go by the same clocks, but never further than the records that wait.
 */
import {
  EMPTY,
  type MonoTypeOperatorFunction,
  type Observable,
  concat,
  connect,
  defer,
  endWith,
  exhaustMap,
  from,
  ignoreElements,
  merge,
  mergeMap,
  takeUntil,
} from 'rxjs';
import { COUNTS_PER_STAGE } from '../core/stage-counts.ts';
import type { Log } from '../core/dedup/waiting-rows.ts';
import { rowsInOrder } from '../core/row-order.ts';
import { type JointTimes, freeUpTo } from '../core/time/joint-order.ts';
import type { SourceClock } from '../core/time/watermark.ts';
import type { SliceReply } from '../../workers/protocol.ts';
import type { BranchContext, OpenedBranches } from './dedup-branch.ts';
import { type Given, JointGate } from './joint-gate.ts';
import type { Merged, MergedSlice } from './merged.ts';
import type { GraphParts } from './parts.ts';

/** How often idleness may let records pass: each time takes a snapshot. */
const FORCE_MS = 1000;

/** The dedups over several sources of a plan. */
export interface JointDedups {
  /** By the index of their stage, in the order of the data. */
  readonly gates: ReadonlyMap<number, JointGate>;
  /** Lets what is free pass. */
  readonly flow$: MonoTypeOperatorFunction<Merged>;
  /** Up to where windows below some of them may close: what waits is not taken yet; ∞ without any. */
  readonly heldFrom: (dedups: readonly string[]) => number;
}

/** Opens the dedups over several sources and what follows them. */
export function openJointDedups(parts: GraphParts): JointDedups {
  const gates = openGates(parts);
  const clocks = new Map(parts.sources.map(({ node, clock }) => [node.name, clock]));
  const release = new Release([...gates.values()], clocks, parts);
  return {
    gates,
    flow$:
      gates.size === 0 ? (merged$) => merged$ : (merged$) => jointFlow(merged$, release, parts),
    heldFrom: (dedups) => release.heldFrom(dedups),
  };
}

/** Those that follow are opened first. */
function openGates(context: BranchContext): ReadonlyMap<number, JointGate> {
  const opened: OpenedBranches = new Map();
  const joint = context.dedups.filter(({ sources }) => sources.length > 1);
  const gates = joint.toReversed().map((dedup): [number, JointGate] => {
    const gate = new JointGate(dedup, context, opened);
    opened.set(dedup.index, gate);
    return [dedup.index, gate];
  });
  return new Map(gates.toReversed());
}

function jointFlow(
  merged$: Observable<Merged>,
  release: Release,
  { ticks$, durable }: GraphParts,
): Observable<Merged> {
  return concat(
    // What was forced before a restart is in the snapshot, and comes before anything else.
    defer(() => from(release.forced())),
    merged$.pipe(
      connect((shared$) =>
        merge(
          shared$.pipe(mergeMap((merged) => release.take(merged))),
          whileFlowing(ticks$(FORCE_MS), shared$).pipe(
            exhaustMap(() => {
              if (!release.force()) return EMPTY;
              return concat(
                from(durable()).pipe(ignoreElements()),
                defer(() => from(release.forced())),
              );
            }),
          ),
        ),
      ),
    ),
  );
}

function whileFlowing(
  ticks$: Observable<unknown>,
  merged$: Observable<Merged>,
): Observable<unknown> {
  return ticks$.pipe(takeUntil(merged$.pipe(ignoreElements(), endWith(null))));
}

type Times = Pick<Merged, 'times' | 'startsAt'>;

/** Lets records pass, all dedups in turn. */
class Release {
  readonly #gates: readonly JointGate[];
  readonly #clocks: ReadonlyMap<string, SourceClock>;
  /** What was heard last of each source. */
  readonly #heard = new Map<string, Times>();
  readonly #held = new Map<string, number>();
  readonly #stages: number;
  /** A snapshot of what is forced is under way: nothing may pass before it. */
  #isForcing = false;

  constructor(
    gates: readonly JointGate[],
    clocks: ReadonlyMap<string, SourceClock>,
    { plan }: Pick<GraphParts, 'plan'>,
  ) {
    this.#gates = gates;
    this.#clocks = clocks;
    this.#stages = plan.stages.length + plan.sinks.length;
    for (const [source, clock] of clocks) {
      this.#heard.set(source, { times: clock.times(), startsAt: -Infinity });
    }
    this.#hold();
  }

  heldFrom(dedups: readonly string[]): number {
    return Math.min(...dedups.map((name) => this.#held.get(name) ?? Infinity));
  }

  /** What passes by what has been merged; then that itself, by which windows may close. */
  *take(merged: Merged): Generator<Merged> {
    if (!this.#isForcing) yield* this.#passing(() => -Infinity);
    this.#hold();
    const { source, times, startsAt } = merged;
    this.#heard.set(source, { times, startsAt });
    yield merged;
  }

  /** Puts idle partitions behind: whether that lets anything pass, once it is in a snapshot. */
  force(): boolean {
    let most = Infinity;
    for (const gate of this.#gates) {
      const { waiting } = gate.dedup;
      const times = this.#timesOf(gate);
      // What waits in a dedup above has not come yet.
      const last = waiting.lastFree((log) => Math.min(most, freeUpTo(log, times, 'active')));
      if (last > waiting.forcedUpTo) {
        waiting.forcedUpTo = last;
        this.#isForcing = true;
      }
      most = Math.min(most, gate.heldFrom() - 1);
    }
    return this.#isForcing;
  }

  /** What passes by what was forced, which is in a snapshot; then time goes on. */
  *forced(): Generator<Merged> {
    this.#isForcing = false;
    const passing = this.#passing(({ dedup }) => dedup.waiting.forcedUpTo);
    yield* passing;
    this.#hold();
    if (passing.length === 0) return;
    for (const [source, heard] of this.#heard) yield { source, slices: [], ...heard };
  }

  /** What of the records that pass comes of each source. */
  #passing(forcedUpTo: (gate: JointGate) => number): Merged[] {
    const given = new Map<string, Map<number, Given>>();
    const givenBy = ({ name, partition }: Log): Given => {
      const ofSource = given.get(name) ?? new Map<number, Given>();
      given.set(name, ofSource);
      const found = ofSource.get(partition) ?? { partials: [], rows: [], wanted: [] };
      ofSource.set(partition, found);
      return found;
    };
    for (const gate of this.#gates) {
      const times = this.#timesOf(gate);
      const forced = forcedUpTo(gate);
      gate.release((log) => Math.max(forced, freeUpTo(log, times, 'all')), givenBy);
    }
    return Array.from(given, ([source, partitions]) => ({
      source,
      slices: Array.from(partitions, (entry) => this.#sliceOf(...entry)),
      ...(this.#heard.get(source) as Times),
    }));
  }

  #timesOf({ dedup }: JointGate): JointTimes {
    const logs = dedup.sources.flatMap((name) => {
      const partitions = this.#clocks.get(name)?.partitions() ?? [];
      return partitions.map(({ partition, ...time }) => ({ log: { name, partition }, ...time }));
    });
    return { logs, forcedUpTo: dedup.waiting.forcedUpTo };
  }

  #hold(): void {
    for (const gate of this.#gates) this.#held.set(gate.dedup.node.name, gate.heldFrom());
  }

  /** A slice that has only what its records gave behind the dedup. */
  #sliceOf(partition: number, { partials, rows, wanted }: Given): MergedSlice {
    const reply: SliceReply = {
      ...{ partition, firstOffset: 0, nextOffset: 0, lastBatch: null },
      ...{ records: 0, tombstones: 0, skipped: 0, letters: [] },
      ...{ maxEventTime: -Infinity, firstEventTime: null },
      counts: new Float64Array(this.#stages * COUNTS_PER_STAGE),
      ...{ partials, rows: rowsInOrder(rows) },
    };
    const before = { watermarkBefore: -Infinity, maxBefore: -Infinity };
    return { reply, ...before, wanted, own: new Set(partials) };
  }
}
