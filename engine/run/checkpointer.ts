/**
 * Takes snapshots: cut, wait until every row before the cut is acknowledged or prepared, write,
 * commit. Processing goes on meanwhile; one snapshot is under way at a time.
 */
import type { Acknowledgements } from '../graph/acknowledgements.ts';
import type { SinkPort } from '../graph/ports.ts';
import { equationsOf } from '../graph/residue.ts';
import type { SnapshotContent, SnapshotStore } from '../io/checkpoint/snapshot-store.ts';
import { EngineError } from '../errors.ts';
import type { Plan } from '../plan/planner.ts';
import { shapeOf } from '../plan/shape.ts';
import { type RunState, cutState } from './state.ts';
import type { CheckpointStatistics } from './summary.ts';
import type { FrontierPublisher } from './views/frontiers.ts';

/** What the checkpointer works on. */
export interface Checkpointing {
  readonly plan: Plan;
  readonly state: RunState;
  readonly acks: Acknowledgements;
  /** In the order of plan.sinks. */
  readonly sinks: readonly SinkPort[];
  readonly store: Pick<SnapshotStore, 'write'>;
  /** Told after each snapshot up to where the windows of each stage are complete. */
  readonly frontiers?: FrontierPublisher;
}

/** Takes snapshots of one run. */
export class Checkpointer {
  readonly #parts: Checkpointing;
  /** Snapshots come one after the other; a failed one is the last. */
  #line: Promise<void> = Promise.resolve();
  /** Waits in the line and has not been cut. */
  #next: Promise<void> | null = null;
  #underWay = 0;
  #isClosed = false;
  #writing: Promise<unknown> = Promise.resolve();
  #taken = 0;
  #lastBytes = 0;

  constructor(parts: Checkpointing) {
    this.#parts = parts;
  }

  get statistics(): CheckpointStatistics {
    return { taken: this.#taken, lastBytes: this.#lastBytes };
  }

  /** Takes a snapshot unless one is under way. Rejects when it cannot be written. */
  async tick(): Promise<void> {
    if (this.#underWay === 0) await this.take();
  }

  /**
   * Takes a snapshot that is cut after this call, never within it: the caller may be in the middle of
   * a batch. Resolves when it is on disk, rejects when it cannot be written. `finished`: it is the
   * last, of sources read to their end (R7).
   */
  take(finished = false): Promise<void> {
    // Callers that come while one is under way share the next.
    if (this.#next !== null && !finished) return this.#next;
    this.#underWay++;
    const taken = this.#line
      .then(() => {
        if (!finished) this.#next = null;
        return this.#snapshot(finished);
      })
      .finally(() => this.#underWay--);
    this.#line = taken;
    if (!finished) this.#next = taken;
    return taken;
  }

  /** No snapshot is written any more; resolves when none is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
  }

  async #snapshot(finished: boolean): Promise<void> {
    const { plan, state, acks, sinks } = this.#parts;
    // One synchronous turn: state, acknowledgements and staged output are cut at the same instant.
    const cut = cutState(state, {
      ...{ pipeline: plan.name, shape: shapeOf(plan), equations: equationsOf(plan) },
      finished,
    });
    const acknowledged = acks.cut();
    const closed = new Map(
      state.windows.map(({ node, store }) => [node.name, store.outputWatermark]),
    );
    try {
      const [handles] = await Promise.all([
        Promise.all(sinks.map(async (sink) => (await sink.prepare?.()) ?? null)),
        ...sinks.map(async (sink) => sink.flush()),
        acknowledged,
      ]);
      const named = plan.sinks.map(({ name }, i) => [name, handles[i]] as const);
      await this.#write(await cut.encode(Object.fromEntries(named)));
      for (const [i, sink] of sinks.entries()) await sink.commit?.(handles[i]);
    } finally {
      cut.release();
    }
    await this.#parts.frontiers?.publish(closed);
    // Advisory (R4): what a failure means is the port's to say.
    await Promise.all(
      state.sources.map(({ node, port }) => {
        const saved = cut.sources[node.name]?.positions ?? [];
        return port.commit(new Map(saved.map(([p, { nextOffset }]) => [p, nextOffset])));
      }),
    );
  }

  async #write(content: SnapshotContent): Promise<void> {
    if (this.#isClosed) throw new EngineError('ENG_RUN_STOPPED', 'the run has ended');
    const writing = this.#parts.store.write(content);
    this.#writing = writing.catch(() => undefined);
    this.#lastBytes = await writing;
    this.#taken++;
  }
}
