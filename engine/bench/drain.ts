/**
 * Closed loop: how fast a full topic is drained. The engine runs in a process of its own, as a user
 * starts it; its clock runs from the first bytes to the last acknowledgement and snapshot.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import { compile } from '../run/compile.ts';
import { openReader, sinksOf, targetOf } from '../run/query-target.ts';
import type { Progress } from '../run/progress.ts';
import type { Summary } from '../run/summary.ts';
import { readRows } from '../run/views/read.ts';
import { startNode } from './child.ts';
import { type BenchRow, differenceOf } from './expected-rows.ts';
import { type Pace, paceOf } from './pace.ts';
import { type Bench, dropTables } from './places.ts';

/** What one drain took. */
export interface Drain {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMib: number;
  readonly bytesPerFetch: number;
  readonly recordsPerFetch: number;
  readonly snapshots: number;
  readonly rows: number;
}

/** A drain with what it was like before and after code had been compiled. */
export interface DrainInHalves extends Drain {
  /** Null where it was too short to see. */
  readonly pace: Pace | null;
}

/** Runs a definition to the end of its topic. Throws EngineError when the run fails. */
export async function drain(
  definition: string,
  bench: Bench,
  workers: number | null,
): Promise<DrainInHalves> {
  const file = join(bench.project, 'bench.yaml');
  writeFileSync(file, definition);
  let last = '';
  const looks: Progress[] = [];
  const args = [bench.program.bin, 'run', file, '--until', 'end', '--fresh', '--json'];
  if (workers !== null) args.push('--workers', String(workers));
  await startNode(args, bench.project, (line) => {
    if (line.startsWith('{"progress"'))
      looks.push((JSON.parse(line) as { progress: Progress }).progress);
    last = line;
  }).ended;
  const { summary } = JSON.parse(last) as { summary: Summary };
  const { drainMs, cpuMs, peakRssBytes, frames, frameBytes } = summary.usage;
  const events = summary.records;
  return {
    events,
    eventsPerSecond: (events / drainMs) * 1000,
    megabytesPerSecond: frameBytes / drainMs / 1000,
    cpuSecondsPerMillion: (cpuMs / events) * 1000,
    peakRssMib: peakRssBytes / 2 ** 20,
    bytesPerFetch: frameBytes / frames,
    recordsPerFetch: events / frames,
    snapshots: summary.snapshots.taken,
    rows: Object.values(summary.rows).reduce((sum, rows) => sum + rows, 0),
    pace: paceOf(looks, drainMs),
  };
}

/** Compares the rows of a drained workload with the oracle's, and forgets them. Throws when they differ. */
export async function checkRows(
  definition: string,
  bench: Bench,
  expected: readonly BenchRow[],
): Promise<void> {
  const { plan, report } = compile(definition, { project: bench.project });
  if (plan === null) throw new EngineError('ENG_INVARIANT', `engine bug: ${report}`);
  const run = { pipeline: plan.name, file: '', sinks: sinksOf(plan), provisional: true };
  const target = targetOf('windows', [run]);
  const reader = await openReader(target, bench.project, bench.onNotice);
  const request = { where: [], limit: Infinity, merged: false, at: null };
  const { columns, rows } = await readRows(reader, target, request).finally(() => reader.close());
  const names = columns.map(({ name }) => name);
  const found = rows.map((row): BenchRow => {
    const cell = (name: string): unknown => row[names.indexOf(name)];
    const variance = cell('var_temp');
    return {
      name: String(cell('name')),
      window_start: Number(cell('window_start')),
      n: Number(cell('n')),
      avg_temp: Number(cell('avg_temp')),
      var_temp: variance === null ? null : Number(variance),
      max_temp: Number(cell('max_temp')),
    };
  });
  const difference = differenceOf(found, expected);
  await dropTables(bench);
  if (difference === null) return;
  throw new EngineError('ENG_RUN_FAILED', `the rows are not those of the oracle: ${difference}`);
}
