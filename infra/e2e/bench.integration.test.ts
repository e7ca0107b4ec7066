/** `engine bench` on real servers, small: what it says has to be there, whatever the numbers are. */
import { readdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../engine/bench/report.ts';
import { Project, serverVariables } from './project.fixture.ts';

const project = new Project(serverVariables());
afterAll(async () => {
  await project.engine('bench', '--clean');
  await project.remove();
});

const small = ['--events', '20000', '--runs', '1', '--window', '10s'];
const reportOf = (lines: readonly string[]): BenchReport =>
  JSON.parse(lines.at(-1) ?? '') as BenchReport;

describe('engine bench', () => {
  it('drains a workload, checks its rows, and compares itself with an earlier run', async () => {
    const first = await project.engine('bench', ...small, '--json');
    const { points, workload } = reportOf(first.lines);
    expect(workload).toMatchObject({ events: 20_000, keys: 40, windowMs: 10_000 });
    expect(points).toHaveLength(1);
    // 73 seconds of event time in windows of ten, forty names in each.
    expect(points[0]?.median).toMatchObject({ events: 20_000, rows: 8 * 40 });
    expect(points[0]?.median.bytesPerFetch).toBeGreaterThan(510);
    writeFileSync(project.path('before.json'), first.lines.at(-1) ?? '');
    const second = await project.engine('bench', ...small, '--compare', 'before.json');
    expect(second.stderr).toMatch(/workload: events\/s ×\d+\.\d\d, CPU ×/);
    expect(second.stderr).not.toContain('filling');
  });

  it('sweeps, with charts', async () => {
    const sweep = ['--sweep', 'keys=10,500', '--sweep', 'overlap=3', '--out', 'charts'];
    const { lines } = await project.engine('bench', ...small, ...sweep, '--json');
    const rows = reportOf(lines).points.map(({ name, median }) => [name, median.rows]);
    expect(rows).toEqual([
      ['keys=10', 8 * 10],
      ['keys=500', 8 * 500],
      ['overlap=3', 10 * 40],
    ]);
    expect(readdirSync(project.path('charts')).toSorted()).toEqual(
      ['keys', 'overlap']
        .flatMap((name) => ['cpu', 'memory', 'rate'].map((measure) => `${name}-${measure}.svg`))
        .concat('index.html')
        .toSorted(),
    );
  });

  it('sends by the clock, and measures each row from when its window should have closed', async () => {
    const { lines } = await project.engine('bench', '--rate', '2000', '--for', '3s', '--json');
    const [latency] = reportOf(lines).latency;
    expect(latency?.windows).toBeGreaterThanOrEqual(2);
    expect(latency?.latencies.count).toBe((latency?.windows ?? 0) * 40);
    expect(latency?.latencies.p50).toBeGreaterThan(0);
  });
});
