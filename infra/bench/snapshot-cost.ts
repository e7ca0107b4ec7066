/**
 * What snapshots of a large state cost the main thread:
 *
 *     npx node infra/bench/snapshot-cost.ts [--keys 10000] [--panes 60] [--snapshots 20]
 *
 * Window state of so many keys in each of so many panes, and records of the newest pane merged turn by
 * turn while snapshots are written, one after the other. Reported are the longest turns of the event
 * loop, in ms: merging alone, and with snapshots. Goal: 50 ms. Beside the time that passed stands the
 * main thread's processor time, which other processes of the machine do not add to.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Acknowledgements } from '../../engine/graph/acknowledgements.ts';
import { openTally } from '../../engine/graph/tally.ts';
import { SnapshotStore } from '../../engine/io/checkpoint/snapshot-store.ts';
import { Checkpointer } from '../../engine/run/checkpointer.ts';
import { openWindowState } from './window-state.ts';

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string', default: '10000' },
    panes: { type: 'string', default: '60' },
    snapshots: { type: 'string', default: '20' },
  },
});
const keys = Number(flags.keys);
const panes = Number(flags.panes);
const snapshots = Number(flags.snapshots);

const PANE_MS = 60_000;
const START = Date.parse('2024-03-28T12:00:00Z');
/** Records merged in a turn. */
const PORTION = 2_000;

const AGGREGATE =
  '{ n: count(), mean: avg(value), variance: var_samp(value), highest: max(value) }';
const state = openWindowState(`{ sliding: ${panes}m, every: 1m }`, AGGREGATE);

/** Merges records [from, until) of a pane: one a key. */
function merge(pane: number, from: number, until: number): void {
  const records = Array.from({ length: until - from }, (_, i) => {
    const key = from + i;
    const at = START + pane * PANE_MS + (key % 1000);
    return { key: `key ${key}`, at, value: (key % 977) / 8 };
  });
  state.merge(records);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Longest {
  readonly passedMs: number;
  readonly usedMs: number;
  readonly turns: number;
}

const usedMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Merges turn by turn until `done`. */
async function longestTurn(done: Promise<unknown>): Promise<Longest> {
  let isDone = false;
  const end = done.finally(() => (isDone = true));
  const longest = { passedMs: 0, usedMs: 0, turns: 0 };
  for (let before = [performance.now(), usedMs()] as const; !(isDone as boolean);) {
    const from = (longest.turns++ * PORTION) % keys;
    merge(panes - 1, from, Math.min(keys, from + PORTION));
    await turn();
    const now = [performance.now(), usedMs()] as const;
    longest.passedMs = Math.max(longest.passedMs, now[0] - before[0]);
    longest.usedMs = Math.max(longest.usedMs, now[1] - before[1]);
    before = now;
  }
  await end;
  return longest;
}

for (let pane = 0; pane < panes; pane++) {
  for (let key = 0; key < keys; key += PORTION) merge(pane, key, Math.min(keys, key + PORTION));
}
const directory = await mkdtemp(join(tmpdir(), 'engine-snapshot-cost-'));
const checkpointer = new Checkpointer({
  plan: { ...state.plan, sinks: [] },
  state: { ...state.runtimes, tally: openTally() },
  acks: new Acknowledgements(),
  sinks: [],
  store: new SnapshotStore(directory),
});
const show = (what: string, { passedMs, usedMs: used, turns }: Longest): void => {
  const [passed, busy] = [passedMs, used].map((ms) => ms.toFixed(1).padStart(8));
  console.log(`${what.padEnd(20)} ${passed} ms passed ${busy} ms used, of ${turns} turns`);
};
console.log(`${keys} keys × ${panes} panes, the longest turn:`);
await longestTurn(checkpointer.take());
show('merging alone', await longestTurn(new Promise((resolve) => setTimeout(resolve, 2_000))));
const begun = performance.now();
const withSnapshots = async (): Promise<void> => {
  for (let i = 0; i < snapshots; i++) await checkpointer.take();
};
show(`with ${snapshots} snapshots`, await longestTurn(withSnapshots()));
const each = (performance.now() - begun) / snapshots;
const mib = checkpointer.statistics.lastBytes / 2 ** 20;
console.log(`a snapshot holds ${mib.toFixed(1)} MiB and takes ${each.toFixed(0)} ms`);
await rm(directory, { recursive: true });
