/**
 * What state takes of memory, beside what `engine explain` estimates:
 *
 *     npm run bench:state
 *
 * Fills windows of many kinds with as many keys and panes as the estimate counts, and looks at the heap
 * and the buffers of the process after a collection. Goal: the two within a factor of 1.5.
 */
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { estimateState } from '../../engine/plan/state-size.ts';
import { openWindowState } from './window-state.ts';

/** 2024-03-28T12:00:00Z. */
const START = 1_711_627_200_000;
const PORTION = 2_000;
const MOMENTS = '{ n: count(), mean: avg(value), variance: var_samp(value), most: max(value) }';

interface Case {
  readonly keys: number;
  readonly window: string;
  readonly aggregate: string;
  /** Distance between panes, or sessions. */
  readonly paneMs: number;
  /** Different values of a key in a pane. */
  readonly values?: number;
}

const hour = { window: '{ tumbling: 1h }', paneMs: 3_600_000 };
const cases: readonly Case[] = [
  ...[100, 1_000, 10_000, 50_000, 100_000, 300_000, 1_000_000].map((keys) => ({
    ...{ ...hour, keys, aggregate: MOMENTS },
  })),
  { ...hour, keys: 100_000, aggregate: '{ n: count() }' },
  { ...hour, keys: 100_000, aggregate: '{ last: max(key) }' },
  ...[10, 60, 600].map((panes) => ({
    ...{ keys: 5_000, window: `{ sliding: ${panes}m, every: 1m }`, aggregate: MOMENTS },
    paneMs: 60_000,
  })),
  { keys: 50_000, window: '{ session: 10m, max: 1d }', aggregate: MOMENTS, paneMs: 700_000 },
  { ...hour, keys: 1_000, aggregate: '{ half: median(value) }', values: 500 },
  { ...hour, keys: 2_000, aggregate: '{ d: "count_distinct(value, 200)" }', values: 200 },
  { ...hour, keys: 300, aggregate: '{ d: approx_count_distinct(value) }', values: 2_000 },
  { ...hour, keys: 2_000, aggregate: '{ l: "collect_list(value, 100)" }', values: 100 },
  { ...hour, keys: 2_000, aggregate: '{ l: "collect_set(value, 100)" }', values: 100 },
];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are in use, of the heap and of buffers. */
function usedBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Small pieces of a case's records, a pane after the other. */
function fill(
  state: ReturnType<typeof openWindowState>,
  { keys, paneMs, values = 1 }: Case,
  panes: number,
): void {
  const portion: { key: string; at: number; value: number }[] = [];
  for (let pane = 0; pane < panes; pane++) {
    for (let key = 0; key < keys; key++) {
      for (let value = 0; value < values; value++) {
        const at = START + pane * paneMs;
        portion.push({ key: `Station-${String(key).padStart(7, '0')}`, at, value: value * 1.37 });
        if (portion.length === PORTION) state.merge(portion.splice(0));
      }
    }
  }
  if (portion.length > 0) state.merge(portion);
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2).padStart(9);

/** Fills one case, in a process of its own: what others have left would be counted. */
function measure(one: Case): void {
  // Code is compiled, and the program of a worker loaded.
  fill(openWindowState(one.window, one.aggregate), { ...one, keys: 10 }, 1);
  const before = usedBytes();
  const state = openWindowState(one.window, one.aggregate);
  const { panes, bytes: estimate } = estimateState(state.node, { keys: one.keys }, 0);
  fill(state, one, panes);
  state.forgetWorker();
  const took = usedBytes() - before;
  const ratio = took / estimate;
  process.stdout.write(
    `${ratio.toFixed(2)} took ${mib(took)} MiB, estimate ${mib(estimate)}, own account ${mib(state.sizeBytes())}: ${panes} × ${one.keys} keys, ${one.window} ${one.aggregate}\n`,
  );
}

const [only] = process.argv.slice(2);
if (only !== undefined) measure(cases[Number(only)] as Case);
else {
  const ratios = cases.map((one, index) => {
    const line = execFileSync(process.execPath, [import.meta.filename, String(index)], {
      encoding: 'utf8',
    });
    process.stdout.write(line);
    // What is as small as that is lost among everything else.
    return one.keys < 10_000 && one.values === undefined ? 1 : parseFloat(line);
  });
  const worst = Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio)));
  process.stdout.write(`the worst is off by a factor of ${worst.toFixed(2)}; the goal is 1.5\n`);
}
