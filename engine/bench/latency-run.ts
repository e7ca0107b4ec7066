/**
 * The measured side of an open loop, a process of its own: runs a definition and prints a JSON line
 * for each acknowledged write.
 *
 *     node latency-run.ts FILE PROJECT
 */
import { readFileSync } from 'node:fs';
import type { RowBatch } from '../core/batch.ts';
import type { SinkPort } from '../graph/ports.ts';
import { compile } from '../run/compile.ts';
import { runPipeline } from '../run/run.ts';

/** What was acknowledged: windows of a write, as [end in epoch ms, rows, records in them]. */
export interface Acknowledged {
  /** Epoch ms, with a fraction. */
  readonly at: number;
  readonly windows: readonly (readonly [end: number, rows: number, records: number])[];
}

const [file = '', project = ''] = process.argv.slice(2);
const { plan, report } = compile(readFileSync(file, 'utf8'), { project });
if (plan === null) throw new Error(report);
const names = (plan.sinks[0]?.columns ?? []).map(({ name }) => name);
const [endAt, countAt] = [names.indexOf('window_end'), names.indexOf('n')];

function windowsOf({ vectors, length }: RowBatch): Acknowledged['windows'] {
  const [ends, counts] = [vectors[endAt], vectors[countAt]];
  if (ends?.kind !== 'number' || counts?.kind !== 'number') throw new Error('no window columns');
  const windows = new Map<number, [number, number, number]>();
  for (let row = 0; row < length; row++) {
    const end = ends.values[row] as number;
    const window = windows.get(end) ?? [end, 0, 0];
    window[1]++;
    window[2] += counts.values[row] as number;
    windows.set(end, window);
  }
  return [...windows.values()];
}

const measured = (sink: SinkPort): SinkPort => ({
  open: (handle) => sink.open(handle),
  flush: () => sink.flush(),
  close: () => sink.close(),
  async write(batch) {
    // Vectors may be used again once they are written.
    const windows = windowsOf(batch);
    await sink.write(batch);
    const at = performance.timeOrigin + performance.now();
    process.stdout.write(`${JSON.stringify({ at, windows } satisfies Acknowledged)}\n`);
  },
});

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await runPipeline(plan, {
  ...{ project, fresh: true, workers: null, until: null, stop: stop.signal },
  onNotice: (text) => process.stderr.write(`${text}\n`),
  onProgress: (progress) => {
    if (progress.state === 'running') process.send?.('running');
  },
  wrapSink: (_name, sink) => measured(sink),
});
process.exit();
