import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTests } from '../../../engine/commands/test-run.ts';
import { compile, loadExtensions, run } from '../../../engine/index.ts';

const url = new URL('./geography.ts', import.meta.url).href;
const file = new URL('./wind.yaml', import.meta.url).pathname;
const definition = readFileSync(file, 'utf8');

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'engine-extension-'));
});
afterAll(() => rmSync(project, { recursive: true }));

it('runs a stage and an aggregate of a module in worker threads', async () => {
  const records = Array.from({ length: 5000 }, (_, i) => ({
    ...{ lat: 40 + (i % 7), lon: i % 5, speed: 1 + (i % 3) },
    at: new Date(Date.UTC(2024, 2, 28) + i * 100).toISOString(),
  }));
  writeFileSync(join(project, 'in.ndjson'), records.map((one) => JSON.stringify(one)).join('\n'));
  const extensions = await loadExtensions([url]);
  const variables = [['STATIONS', 'in.ndjson']] as const;
  const { plan, report } = compile(definition, { project, variables, extensions });
  if (plan === null) throw new Error(report);
  expect(plan.extensions).toEqual([url]);
  const summary = await run(plan, { project, workers: 2 });
  expect(summary).toMatchObject({ finished: true, records: 5000 });
  const rows = readdirSync(join(project, 'out'))
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) =>
      readFileSync(join(project, 'out', name), 'utf8')
        .trim()
        .split('\n'),
    )
    .map(
      (line) =>
        JSON.parse(line) as { place: string; window_start: string; n: number; typical: number },
    );
  const expected = Map.groupBy(records, ({ lat, lon, at }) => {
    return `${at.slice(0, 16)} ${Math.floor(lat / 2) * 2}:${Math.floor(lon / 2) * 2}`;
  });
  expect(rows).toHaveLength(expected.size);
  for (const { place, window_start, n, typical } of rows) {
    const group = expected.get(`${window_start.slice(0, 16)} ${place}`) ?? [];
    expect(n).toBe(group.length);
    const product = group.reduce((sum, { speed }) => sum + Math.log(speed), 0);
    expect(typical).toBeCloseTo(Math.exp(product / n), 9);
  }
});

it('is there for the tests of a definition', async () => {
  const { outcomes } = await runTests([file], { extension: [url] });
  expect(outcomes).toMatchObject([{ ok: true, failure: null, variations: 2 }]);
});

it('is not there for who does not name it, though it has been loaded', async () => {
  await loadExtensions([url]);
  const { plan, diagnostics } = compile(definition, { project });
  expect(plan).toBeNull();
  expect(diagnostics.map(({ code }) => code)).toContain('unknown-key');
  const own = definition.replace(/ {4}grid_cell:.*\n/, '').replace('upper(cell)', "'x'");
  const codes = compile(own, { project }).diagnostics.map(({ code }) => code);
  expect(codes).toContain('unknown-function');
});

it('has its options checked like any other', async () => {
  const extensions = await loadExtensions([url]);
  const codes = (options: string): string[] =>
    compile(definition.replace(/grid_cell: .*/, `grid_cell: ${options}`), {
      project,
      extensions,
    }).diagnostics.map(({ code, span }) => `${span.line} ${code}`);
  expect(codes('{ latitude: lat, longitude: lon }')).toEqual([]);
  expect(codes('{ latitude: lat }')).toEqual(['12 missing-key']);
  expect(codes('{ latitude: lat, longitude: at }')).toEqual(['12 type-mismatch']);
  expect(codes('{ latitude: lat, longitude: lon, degrees: much }')).toEqual(['12 wrong-type']);
  expect(codes('{ latitude: lat, longitude: lon, size: 2 }')).toEqual(['12 unknown-key']);
  expect(codes('{ latitude: lat, longitude: lan }')).toEqual(['12 unknown-column']);
});

it.each([
  ['is not there', null, /cannot be imported/],
  ['defines nothing', 'export const x = 1;', /exports nothing made by/],
  [
    'takes a name of the language',
    "export default { extends: 'stage', definition: { keyword: 'where' } };",
    /where, which is there already/,
  ],
  [
    'takes a name of an aggregate',
    "export default { extends: 'aggregate', definition: { name: 'sum' } };",
    /sum, which is there already/,
  ],
])('a module that %s is refused', async (name, text, message) => {
  const path = join(project, `${name.replaceAll(' ', '-')}.mjs`);
  if (text !== null) writeFileSync(path, text);
  const failure = loadExtensions([pathToFileURL(path).href]);
  await expect(failure).rejects.toMatchObject({ code: 'ENG_EXTENSION' });
  await expect(failure).rejects.toThrow(message);
});

it('what a stage throws makes a dead letter, and the run goes on', async () => {
  const extensions = await loadExtensions([url]);
  const text = definition.replace('latitude: lat', `latitude: "0 * lat + cast('NaN' as double)"`);
  const variables = [['STATIONS', 'in.ndjson']] as const;
  const { plan, report } = compile(text, { project, extensions, variables });
  if (plan === null) throw new Error(report);
  const summary = await run(plan, { project, workers: 1, fresh: true });
  expect(summary).toMatchObject({ finished: true, records: 5000, rows: { out: 0 } });
  expect(summary.deadLetters).toEqual({ EXPRESSION: 5000 });
});
