import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { review } from './definition.ts';
import { type TestOutcome, outcomesText, runTests } from './test.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'engine-test-'));
  vi.stubEnv('KAFKA_BROKERS', undefined);
  vi.stubEnv('CASSANDRA_CONTACT_POINTS', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const definition = `
name: t
params:
  LEAST: { type: double, default: 0 }
sources:
  readings:
    file: "data/*.ndjson"
    schema: { city: string!, temp: { path: main.temp, type: float }, at: timestamp! }
    event_time: { column: at }
    watermark: { out_of_order: 0s }
stages:
  fresh: { from: readings, where: temp >= $LEAST, dedup: { by: [city, at], within: 1h } }
  minutes:
    from: readings
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { n: count(), warm: max(temp) }
    late: dead_letter
sinks:
  fresh_out: { from: fresh, stdout: {} }
  minutes_out: { from: minutes, where: n > 1, stdout: {} }
tests:
  - name: the one
    params: { LEAST: 2 }
    given:
      readings:
        - { city: a, temp: 1.1, at: "2024-01-01T00:00:00Z" }
        - { city: a, temp: 2.2, at: "2024-01-01T00:00:30Z" }
        - { city: a, temp: 2.2, at: "2024-01-01T00:00:30Z" }
        - { city: b, temp: 3.3, at: "2024-01-01T00:02:00Z" }
        - { city: late, temp: 1, at: "2024-01-01T00:00:00Z" }
        - { temp: 1, at: "2024-01-01T00:02:00Z" }
    expect: EXPECT
`;

async function outcomeOf(expected: string): Promise<TestOutcome> {
  const file = join(directory, 't.yaml');
  writeFileSync(file, definition.replace('EXPECT', expected));
  const [outcome] = await runTests([file], {});
  return outcome as TestOutcome;
}

test('every shipped definition gives the rows its tests expect', async () => {
  const files = globSync('pipelines/{,examples/}*.yaml');
  const outcomes = await runTests(files, {});
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
  for (const file of files) {
    expect([file, review(file, {}).diagnostics]).toEqual([file, []]);
    if (!file.endsWith('producer.yaml')) expect(outcomes.map((each) => each.file)).toContain(file);
  }
});

test('rows of stages, sinks and dead letters fit in any order, by the columns that are named', async () => {
  const outcome = await outcomeOf(`{
      fresh: [{ temp: 3.3 }, { temp: 2.2 }],
      fresh_out: [{}, { city: a, temp: 2.2 }],
      minutes: [{ city: b, n: 1 }, { city: a, n: 3, warm: 2.2, window_end: "2024-01-01T01:01:00+01:00" }],
      minutes_out: [{ city: a }],
      dead_letters: [{ reason: schema, offset: 5 }, { stage: minutes, reason: late }] }`);
  expect(outcome).toMatchObject({ ok: true, failure: null, differences: [] });
});

test.each([
  ['a row too few', '{ minutes: [{ city: a }] }', 0, 1],
  ['a row too many', '{ minutes: [{}, {}, {}] }', 1, 0],
  ['another value', '{ minutes: [{ city: a }, { city: b, n: 2 }] }', 1, 1],
  ['no row that fits', '{ dead_letters: [] }', 0, 2],
])('%s is a difference', async (_, expected, missing, surplus) => {
  const { ok, differences } = await outcomeOf(expected);
  expect(ok).toBe(false);
  expect(differences.map((each) => [each.missing.length, each.surplus.length])).toEqual([
    [missing, surplus],
  ]);
});

test('sources are read by programs of their own, and what nobody gives has no rows', async () => {
  const file = join(directory, 'two.yaml');
  writeFileSync(
    file,
    `
name: two
sources:
  colds: { file: "data/*.ndjson", schema: { city: string!, t: double! } }
  winds: { file: "wind/*.ndjson", schema: { place: string!, speed: int! } }
  unused: { file: "more/*.ndjson", schema: { city: string! } }
sinks:
  cold: { from: colds, where: t < 0, stdout: {} }
  wind: { from: winds, stdout: {} }
  rest: { from: unused, stdout: {} }
tests:
  - name: both
    given: { winds: [{ place: Brest, speed: 9 }], colds: [{ city: Metz, t: -1 }, { city: Nice, t: 9 }] }
    expect: { cold: [{ city: Metz }], wind: [{ place: Brest, speed: 9 }], rest: [], dead_letters: [] }
`,
  );
  expect(await runTests([file], {})).toMatchObject([{ ok: true, differences: [] }]);
});

test('W8: windows over windows close with the source, at every depth', async () => {
  const file = join(directory, 'deep.yaml');
  writeFileSync(
    file,
    `
name: deep
sources:
  readings:
    file: "data/*.ndjson"
    schema: { city: string!, at: timestamp! }
    event_time: { column: at }
    watermark: { out_of_order: 0s }
stages:
  minutes: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
  busy: { from: minutes, where: n > 1 }
  hours: { from: busy, window: { tumbling: 1h, grace: 5m }, group_by: [city], aggregate: { most: max(n), minutes: count() } }
  cities: { from: hours, window: { tumbling: 1d }, aggregate: { cities: count() } }
sinks:
  out: { from: cities, stdout: {} }
tests:
  - name: deep
    given:
      readings:
        - { city: a, at: "2024-01-01T00:00:01Z" }
        - { city: a, at: "2024-01-01T00:00:02Z" }
        - { city: a, at: "2024-01-01T00:59:59.998Z" }
        - { city: a, at: "2024-01-01T00:59:59.999Z" }
        - { city: b, at: "2024-01-01T00:59:59.999Z" }
        - { city: b, at: "2024-01-01T02:00:00Z" }
        - { city: b, at: "2024-01-01T02:00:00Z" }
        - { city: b, at: "2024-01-01T02:00:00Z" }
    expect:
      hours:
        - { city: a, window_start: "2024-01-01T00:00:00Z", most: 2, minutes: 2 }
        - { city: b, window_start: "2024-01-01T02:00:00Z", most: 3, minutes: 1 }
      out: [{ window_start: "2024-01-01T00:00:00Z", cities: 2 }]
      dead_letters: []
`,
  );
  expect(await runTests([file], {})).toMatchObject([{ ok: true, differences: [] }]);
});

test('a test whose parameters do not fit says so', async () => {
  const file = join(directory, 't.yaml');
  writeFileSync(file, definition.replace('LEAST: 2', 'LEAST: warm').replace('EXPECT', '{}'));
  const [outcome] = await runTests([file], {});
  expect(outcome?.ok).toBe(false);
  expect(outcome?.failure).toContain('LEAST');
});

test('what differs is shown row by row, with the line of the test', async () => {
  const outcome = await outcomeOf('{ minutes: [{ city: a }, { city: b, n: 2 }] }');
  expect(outcomesText([{ ...outcome, file: 't.yaml' }])).toBe(`FAIL t.yaml:23  the one
       minutes  (- expected and not there, + there and not expected)
       - { city: "b", n: 2 }
       + { city: "b", window_start: "2024-01-01T00:02:00Z", window_end: "2024-01-01T00:03:00Z", n: 1, warm: 3.3 }
1 of 1 test failed
`);
});
