import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EngineError, compile, run } from './index.ts';
import { shapeOf } from './plan/shape.ts';

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'engine-api-'));
});
afterAll(() => rmSync(project, { recursive: true }));

const definition = `
name: minutes
params: { LEAST: { type: double, default: 0 } }
sources:
  readings:
    file: "\${INPUT}"
    schema: { at: timestamp!, city: string!, t: double! }
    event_time: { column: at, iso: true }
    watermark: { out_of_order: 10s }
stages:
  warm: { from: readings, where: "t > $LEAST" }
  minutes:
    from: warm
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { n: count(), warmest: max(t) }
sinks:
  out: { from: minutes, file: { path: "out/{part}.ndjson" } }
`;

it('compiles a definition and runs its plan', async () => {
  const lines = [
    { at: '2024-03-28T10:00:00Z', city: 'Brest', t: 9 },
    { at: '2024-03-28T10:00:30Z', city: 'Brest', t: 11 },
    { at: '2024-03-28T10:00:40Z', city: 'Brest', t: 3 },
  ];
  writeFileSync(
    join(project, 'input.ndjson'),
    lines.map((line) => JSON.stringify(line)).join('\n'),
  );
  const variables = Object.entries({ INPUT: 'input.ndjson', LEAST: '5' });
  const { plan, diagnostics, report } = compile(definition, { project, variables });
  expect([diagnostics, report]).toEqual([[], '']);
  if (plan === null) throw new Error('there is no plan');
  const summary = await run(plan, { project, workers: 1 });
  expect(summary).toMatchObject({ finished: true, records: 3, rows: { out: 1 } });
  expect(JSON.parse(readFileSync(join(project, 'out/0.ndjson'), 'utf8'))).toMatchObject({
    ...{ city: 'Brest', n: 2, warmest: 11, window_start: '2024-03-28T10:00:00Z' },
  });
});

it('leaves out the groups that a having does not want', async () => {
  const lines = ['Brest', 'Brest', 'Metz', 'Lille', 'Lille'].map((city, i) =>
    JSON.stringify({ at: '2024-03-28T10:00:00Z', city, t: i + 1 }),
  );
  writeFileSync(join(project, 'groups.ndjson'), lines.join('\n'));
  const text = definition
    .replace('[city]', '[city]\n    having: n > 1 and max(t) < 4')
    .replace('out/', 'wanted/');
  const { plan, report } = compile(text, { project, variables: [['INPUT', 'groups.ndjson']] });
  if (plan === null) throw new Error(report);
  const summary = await run(plan, { project, workers: 1, fresh: true });
  expect(summary).toMatchObject({ filtered: 0, havingFiltered: 2, rows: { out: 1 } });
  const row: unknown = JSON.parse(readFileSync(join(project, 'wanted/0.ndjson'), 'utf8'));
  expect(row).toMatchObject({ city: 'Brest', n: 2 });
});

it('looks rows up in a file', async () => {
  const lines = ['Brest', 'Metz', 'Atlantis'].map((city, i) =>
    JSON.stringify({ at: '2024-03-28T10:00:00Z', city, t: i + 1 }),
  );
  writeFileSync(join(project, 'places.ndjson'), lines.join('\n'));
  writeFileSync(join(project, 'cities.csv'), 'name,region\nBrest,Bretagne\nMetz,Grand Est\n');
  const text = definition
    .replace(
      'where: "t > $LEAST"',
      'lookup: { file: cities.csv, on: { city: name }, take: [region] }',
    )
    .replace('[city]', '[region]')
    .replace('out/', 'regions/');
  const { plan, report } = compile(text, { project, variables: [['INPUT', 'places.ndjson']] });
  if (plan === null) throw new Error(report);
  await run(plan, { project, workers: 1, fresh: true });
  const rows = readFileSync(join(project, 'regions/0.ndjson'), 'utf8').trim().split('\n');
  const regions = rows.map((row) => (JSON.parse(row) as { region: string | null }).region);
  expect(new Set(regions)).toEqual(new Set(['Bretagne', 'Grand Est', null]));
  writeFileSync(join(project, 'cities.csv'), 'name,area\nBrest,Bretagne\n');
  await expect(run(plan, { project, fresh: true })).rejects.toThrow('it has no column region');
});

it('reads CSV without a first line of names by the order of the schema', async () => {
  writeFileSync(
    join(project, 'rows.csv'),
    '2024-03-28T10:00:00Z,Brest,9\n2024-03-28T10:00:01Z,Metz\n',
  );
  const text = definition
    .replace('schema:', 'format: { csv: { header: false } }\n    schema:')
    .replace('out/', 'nameless/');
  const { plan, report } = compile(text, { project, variables: [['INPUT', 'rows.csv']] });
  if (plan === null) throw new Error(report);
  const summary = await run(plan, { project, workers: 1, fresh: true });
  expect(summary).toMatchObject({ records: 2, deadLetters: { DECODE: 1 } });
  const row: unknown = JSON.parse(readFileSync(join(project, 'nameless/0.ndjson'), 'utf8'));
  expect(row).toMatchObject({ city: 'Brest', n: 1, warmest: 9 });
  // Other columns in the same file are other rows (R3).
  const turned = text.replace('city: string!, t: double!', 't: double!, city: string!');
  expect(turned).not.toBe(text);
  const { plan: other } = compile(turned, { project, variables: [['INPUT', 'rows.csv']] });
  if (other === null) throw new Error('there is no plan');
  expect(shapeOf(other)).not.toEqual(shapeOf(plan));
});

it('R10: an archive below a dedup keeps the timestamps of the topic', async () => {
  writeFileSync(
    join(project, 'twice.ndjson'),
    '{"city":"Brest"}\n{"city":"Brest"}\n{"city":"Metz"}\n',
  );
  const connections = 'connections: { kafka: { brokers: "\${NOWHERE:-embedded}" } }';
  const [fill, archive] = [
    `name: fill
${connections}
sources: { lines: { file: twice.ndjson, schema: { city: string! } } }
sinks: { topic: { from: lines, kafka: { topic: cities, key: city } } }`,
    `name: archive
${connections}
sources: { cities: { kafka: { topic: cities, group: g, start: earliest }, schema: { city: string!, _key: string } } }
stages: { once: { from: cities, dedup: { by: [_key, city], within: 1d } } }
sinks: { kept: { from: once, file: { path: "kept/{partition}-{part}.ndjson" } } }`,
  ];
  for (const text of [fill, archive]) {
    const { plan, report } = compile(text, { project });
    if (plan === null) throw new Error(report);
    await run(plan, { project, workers: 1, until: 'end' });
  }
  const parts = readdirSync(join(project, 'kept')).filter((name) => name.endsWith('.ndjson'));
  const lines = parts.flatMap((name) =>
    readFileSync(join(project, 'kept', name), 'utf8')
      .trim()
      .split('\n'),
  );
  const rows = lines.map((line) => JSON.parse(line) as { city: string; _timestamp: unknown });
  expect(rows.map(({ city }) => city).toSorted()).toEqual(['Brest', 'Metz']);
  for (const { _timestamp } of rows) expect(_timestamp).toEqual(expect.stringMatching(/^\d{4}-/));
});

it('says what is wrong in a definition, with its place', () => {
  const { plan, diagnostics, report } = compile(definition.replace('max(t)', 'max(u)'), {
    file: 'mine.yaml',
    project,
    variables: [['INPUT', 'input.ndjson']],
  });
  expect(plan).toBeNull();
  expect(diagnostics.map(({ code }) => code)).toEqual(['unknown-column']);
  expect(report).toContain('mine.yaml:16:');
});

it('fails with an error that has a code', async () => {
  const { plan } = compile(definition, { project, variables: [['INPUT', 'nowhere.ndjson']] });
  if (plan === null) throw new Error('there is no plan');
  const failure = await run(plan, { project }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EngineError);
  expect(failure).toMatchObject({ code: 'ENG_FILE_READ' });
});
