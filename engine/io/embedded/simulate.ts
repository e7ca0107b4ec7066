/**
 * A source that invents its records: runs without a broker. Framing `lines`: every record is one line
 * ended by `\n`; a slice begins at the start of a record; a record's offset is its number in its
 * partition, and a slice holds records [firstOffset, nextOffset). There is no broker timestamp.
 * Bounded, deterministic: record n of a partition has the same bytes in every run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observable } from 'rxjs';
import type { Frame, Positions, ResumePoint, SourceEvent, SourcePort } from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { Gate, pullEvents } from '../pull-source.ts';
import { openPace } from './pace.ts';
import type { Scenario } from './scenario.ts';
import { openSensors, type SensorsConfig } from './sensors.ts';
import { openWeather, type WeatherConfig } from './weather.ts';

/** Settings of the `simulate` connector; the planner fills in all of them. */
export type SimulateConfig = (WeatherConfig | SensorsConfig) & {
  /** Seconds of event time in a second; 0: as fast as they are read. */
  readonly pace: number;
};

const FRAME_BYTES = 256 * 1024;
/** A simulation with a pace sends what is due this often, or a round when rounds are farther apart. */
const TICK_MS = 250;

/** Opens the scenario of a `simulate` source node. */
export function simulateSource(node: SourceNode): SourcePort {
  const config = node.connector.config as SimulateConfig;
  const scenario = config.scenario === 'weather' ? openWeather(config) : openSensors(config);
  return new Simulation(scenario, config.pace);
}

/** A run of one partition's records: indexes [first, next). */
interface Run {
  readonly partition: number;
  readonly first: number;
  readonly next: number;
}

class Simulation implements SourcePort {
  readonly maxFrameBytes = FRAME_BYTES;
  readonly #scenario: Scenario;
  readonly #gate = new Gate();
  readonly #partitions: readonly number[];
  /** Rounds that fit in a frame when no partition is paused. */
  readonly #roundsPerFrame: number;
  /** Wall time between two rounds, ms; 0 without a pace. */
  readonly #pauseMs: number;

  constructor(scenario: Scenario, pace: number) {
    this.#scenario = scenario;
    this.#partitions = Array.from({ length: scenario.partitions }, (_, partition) => partition);
    const perRound = this.#partitions.reduce((sum, p) => sum + scenario.recordsPerRound(p), 0);
    const roundBytes = perRound * (scenario.maxRecordBytes + 1);
    this.#pauseMs = pace === 0 ? 0 : scenario.roundMs / pace;
    const inTick = this.#pauseMs === 0 ? Infinity : TICK_MS / this.#pauseMs;
    this.#roundsPerFrame = Math.max(1, Math.floor(Math.min(inTick, FRAME_BYTES / roundBytes)));
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return pullEvents((signal) => this.#read(start, signal));
  }

  pause(partitions?: readonly number[]): void {
    this.#gate.pause(partitions);
  }

  resume(partitions?: readonly number[]): void {
    this.#gate.resume(partitions);
  }

  async reread(partition: number, first: number, next: number): Promise<Frame> {
    return frameOf(this.#scenario, [{ partition, first, next }]);
  }

  async commit(): Promise<void> {
    // Nobody but the snapshot remembers a simulation's positions.
  }

  async identity(): Promise<string> {
    return `simulate ${this.#scenario.identity}`;
  }

  async ends(): Promise<Positions> {
    return new Map(this.#partitions.map((partition) => [partition, this.#end(partition)]));
  }

  #end(partition: number): number {
    return this.#scenario.rounds * this.#scenario.recordsPerRound(partition);
  }

  async *#read(
    start: ReadonlyMap<number, ResumePoint>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceEvent> {
    const next = new Map(this.#partitions.map((p) => [p, start.get(p)?.nextOffset ?? 0]));
    yield { kind: 'partitions', partitions: this.#partitions };
    yield { kind: 'ends', ends: await this.ends() };
    const waitFor = this.#pauseMs === 0 ? null : openPace(this.#pauseMs);
    while (!signal.aborted) {
      const unfinished = this.#partitions.filter((p) => (next.get(p) ?? 0) < this.#end(p));
      if (unfinished.length === 0) return;
      await this.#gate.opened(unfinished, signal);
      const runs = this.#nextRuns(unfinished, next);
      const waitMs = waitFor?.(this.#lastRound(runs), performance.now()) ?? 0;
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      for (const run of runs) next.set(run.partition, run.next);
      if (runs.length > 0) yield { kind: 'frame', frame: frameOf(this.#scenario, runs) };
    }
  }

  #lastRound(runs: readonly Run[]): number {
    const [run] = runs;
    return run === undefined
      ? 0
      : Math.floor(run.next / this.#scenario.recordsPerRound(run.partition));
  }

  /** What the next frame holds: partitions advance together, one that is ahead waits. */
  #nextRuns(unfinished: readonly number[], position: ReadonlyMap<number, number>): Run[] {
    const open = unfinished.filter((partition) => this.#gate.isOpen(partition));
    const cursors = open.map((partition) => {
      const perRound = this.#scenario.recordsPerRound(partition);
      const first = position.get(partition) ?? 0;
      return { partition, perRound, first, round: Math.floor(first / perRound) };
    });
    const slowest = Math.min(...cursors.map(({ round }) => round));
    const limit = Math.min(this.#scenario.rounds, slowest + this.#roundsPerFrame);
    return cursors
      .filter(({ round }) => round < limit)
      .map(({ partition, first, perRound }) => ({ partition, first, next: limit * perRound }));
  }
}

/** The bytes of runs, one slice each, in a buffer of exactly their length. */
function frameOf(scenario: Scenario, runs: readonly Run[]): Frame {
  const records = runs.reduce((sum, { first, next }) => sum + next - first, 0);
  const scratch = Buffer.allocUnsafe(records * (scenario.maxRecordBytes + 1));
  let at = 0;
  const slices = runs.map(({ partition, first, next }) => {
    const start = at;
    for (let index = first; index < next; index++) {
      at += scratch.write(`${scenario.record(partition, index)}\n`, at, 'latin1');
    }
    return { partition, start, length: at - start, firstOffset: first, nextOffset: next };
  });
  const buffer = new ArrayBuffer(at);
  new Uint8Array(buffer).set(scratch.subarray(0, at));
  return { buffer, slices };
}
