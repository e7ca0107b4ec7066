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
import type { SourcePort } from '../../engine/graph/ports.ts';
import { openTally } from '../../engine/graph/tally.ts';
import { SnapshotStore } from '../../engine/io/checkpoint/snapshot-store.ts';
import { Checkpointer } from '../../engine/run/checkpointer.ts';
import { compile } from '../../engine/run/compile.ts';
import { openRuntimes } from '../../engine/run/parts.ts';
import { SourceProgram } from '../../workers/program.ts';
import { workerProgram } from '../../engine/run/worker-program.ts';

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

const { plan, report } = compile(`
name: snapshot-cost
sources:
  readings:
    file: { path: unread.ndjson }
    format: json
    schema: { key: string!, at: long!, value: double! }
    event_time: { column: at, unit: ms }
stages:
  hours:
    from: readings
    window: { sliding: ${panes}m, every: 1m }
    group_by: [key]
    aggregate:
      n: count()
      mean: avg(value)
      variance: var_samp(value)
      highest: max(value)
sinks:
  out: { from: hours, stdout: {} }
`);
if (plan === null) throw new Error(report);
const runtimes = openRuntimes(plan, [{ commit: () => Promise.resolve() } as unknown as SourcePort]);
const [window] = runtimes.windows;
if (window === undefined) throw new Error('no window');
const program = new SourceProgram(workerProgram(plan), 0, 1);
const encoder = new TextEncoder();

/** Merges records [from, until) of a pane: one a key. */
function merge(pane: number, from: number, until: number): void {
  let text = '';
  for (let key = from; key < until; key++) {
    const at = START + pane * PANE_MS + (key % 1000);
    text += `{"key":"key ${key}","at":${at},"value":${(key % 977) / 8}}\n`;
  }
  const bytes = encoder.encode(text);
  const slice = { partition: 0, start: 0, length: bytes.length, firstOffset: 0 };
  const { keys: space, store, index } = window as NonNullable<typeof window>;
  const reply = program.run({
    source: 0,
    buffer: bytes.buffer,
    slices: [{ ...slice, nextOffset: until - from, maxEventTime: -Infinity }],
    marks: space.marks(),
    late: null,
  });
  for (const { delta } of reply.dictionaries) space.learn(reply.worker, delta);
  for (const table of reply.slices.flatMap(({ partials }) => partials)) {
    if (table.stage !== index) continue;
    space.resolve(reply.worker, table);
    store.merge(table, -Infinity);
    space.merged(table);
  }
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
  plan: { ...plan, sinks: [] },
  state: { ...runtimes, tally: openTally() },
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
