import { expect, it } from 'vitest';
import type { DedupTable } from '../../workers/protocol.ts';
import type { SourcePort } from './ports.ts';
import { shapeOf } from '../plan/shape.ts';
import { openRuntimes } from '../run/parts.ts';
import { cutState, restoreState } from '../run/state.ts';
import { jointDedupPlan as plan } from './joint-dedup-scenario.fixture.ts';
import type { DedupPass } from './dedup-pass.ts';
import { JointGate } from './joint-gate.ts';
import { openTally } from './tally.ts';

const ports = [{}, {}] as SourcePort[];

/** The dedup `both`, for records of partition 0 of `b` (out_of_order: 2 s). */
function opened() {
  const runtimes = openRuntimes(plan, ports);
  const tally = openTally();
  const named = (name: string) => runtimes.dedups.find(({ node }) => node.name === name)!;
  const context = { plan, tally, ...runtimes };
  const [dedup, below] = [named('both'), named('twice')];
  const opened = new Map([[below.index, new JointGate(below, context, new Map())]]);
  const gate = new JointGate(dedup, context, opened);
  return { runtimes, tally, gate, waiting: dedup.waiting };
}

const table = (...times: number[]): DedupTable => ({
  ...{ stage: 1, length: times.length },
  entries: { ends: Int32Array.of(1), bytes: Uint8Array.of(7) },
  key: new Int32Array(times.length),
  offsets: Float64Array.from(times, (_, i) => i),
  eventTimes: Float64Array.from(times),
  timestamps: new Float64Array(times.length).fill(NaN),
  before: new Float64Array(times.length),
  vectors: [],
});

const passOf = (newest: number[]): DedupPass => ({
  ...{ source: 'b', partition: 0, table: table(), partials: [], rows: [], wanted: [] },
  newest: Float64Array.from(newest),
  watermarks: Float64Array.from(newest, (max) => max - 2000),
});

it('O2: a record waits at the watermark of its partition with it, what is late beside the one before it', () => {
  const { gate, waiting } = opened();
  gate.take(table(9000, 5000, 12_000), passOf([-Infinity, 9000, 9000]));
  expect(waiting.runs().map(({ table: { places } }) => [...places])).toEqual([
    [7000, 7000, 10_000],
  ]);
  expect(gate.heldFrom()).toBe(7000);
});

it('O2 T5 R1: behind what idleness has let pass records stand, over a restart too, and hold windows from where they are', async () => {
  const { runtimes, tally, gate, waiting } = opened();
  waiting.forcedUpTo = 8000;
  gate.take(table(9000, 12_000), passOf([-Infinity, 9000]));
  const meta = { pipeline: plan.name, shape: shapeOf(plan), finished: false };
  const cut = cutState({ ...runtimes, tally }, meta);
  const { header, buffers } = await cut.encode({});
  cut.release();
  const again = opened();
  restoreState(again.runtimes, { header: JSON.parse(JSON.stringify(header)) as unknown, buffers });
  for (const { waiting: rows, gate: one } of [{ waiting, gate }, again]) {
    expect(rows.forcedUpTo).toBe(8000);
    expect(rows.runs().map(({ table: { places } }) => [...places])).toEqual([[8001, 10_000]]);
    expect(one.heldFrom()).toBe(7000);
  }
});
