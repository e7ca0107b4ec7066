import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { review } from './definition.ts';
import { type TestOutcome, runTests } from './test-run.ts';
import { outcomesText } from './test-text.ts';
import { updateFiles } from './test-update.ts';
import { watchFiles } from './test-watch.ts';

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
  const [outcome] = (await runTests([file], {})).outcomes;
  return outcome as TestOutcome;
}

test('every shipped definition gives the rows its tests expect', async () => {
  const files = globSync('pipelines/{,examples/}*.yaml');
  const { outcomes } = await runTests(files, {});
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
  expect((await runTests([file], {})).outcomes).toMatchObject([{ ok: true, differences: [] }]);
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
  expect((await runTests([file], {})).outcomes).toMatchObject([{ ok: true, differences: [] }]);
});

test('a test whose parameters do not fit says so', async () => {
  const file = join(directory, 't.yaml');
  writeFileSync(file, definition.replace('LEAST: 2', 'LEAST: warm').replace('EXPECT', '{}'));
  const [outcome] = (await runTests([file], {})).outcomes;
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

test('a definition that is wrong, or not there, is one failure among the others', async () => {
  const [right, wrong] = ['right.yaml', 'wrong.yaml'].map((name) => join(directory, name));
  writeFileSync(right as string, definition.replace('EXPECT', '{ minutes: [{}, {}] }'));
  writeFileSync(
    wrong as string,
    definition.replace('max(temp)', 'max(tempo)').replace('EXPECT', '{}'),
  );
  const missing = join(directory, 'missing.yaml');
  const { outcomes } = await runTests([wrong as string, missing, right as string], {});
  expect(outcomes.map(({ ok, isInvalid }) => [ok, isInvalid])).toEqual([
    [false, true],
    [false, true],
    [true, false],
  ]);
  expect(outcomes[0]?.failure).toMatch(/wrong.yaml:17:.*unknown-column/);
  expect(outcomes[1]?.failure).toMatch(/there is no file/);
  expect(outcomesText(outcomes)).toMatch(/2 of 3 tests failed\n$/);
});

/** Two cities in two windows each, out of order by seconds. */
const under = (changes: string, stages = ''): string => `
name: u
sources:
  readings:
    file: "data/*.ndjson"
    schema: { city: string!, temp: double!, at: timestamp! }
    event_time: { column: at }
    watermark: { out_of_order: 20s, idle: 2m }
stages:
  minutes:
    from: readings
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { n: count(), warm: max(temp), mean: avg(temp) }
    late: dead_letter
${stages}
sinks:
  out: { from: minutes, stdout: {} }
tests:
  - name: the rows
    given:
      readings:
        - { city: a, temp: 1, at: "2024-01-01T00:00:10Z" }
        - { city: b, temp: 2, at: "2024-01-01T00:00:05Z" }
        - { city: a, temp: 3, at: "2024-01-01T00:00:20Z" }
        - { city: b, temp: 4, at: "2024-01-01T00:00:15Z" }
        - { city: a, temp: 5, at: "2024-01-01T00:01:25Z" }
        - { city: b, temp: 6, at: "2024-01-01T00:01:20Z" }
        - { city: a, temp: 7, at: "2024-01-01T00:00:01Z" }
        - { temp: 8, at: "2024-01-01T00:01:05Z" }
    expect: { minutes: [{ n: 2, warm: 3 }, { n: 2, warm: 4 }, { n: 1, warm: 5 }, { n: 1, warm: 6 }] }
    under: ${changes}
`;

async function ofText(text: string): Promise<TestOutcome> {
  const file = join(directory, 'u.yaml');
  writeFileSync(file, text);
  return (await runTests([file], {})).outcomes[0] as TestOutcome;
}

test('a test is repeated in every way that must not change its rows', async () => {
  const all =
    '{ shuffle: true, partitions: [1, 4], workers: [1, 2], batch: [1, 1000], crash: each_step }';
  const outcome = await ofText(under(all));
  expect(outcome).toMatchObject({ failure: null, ok: true, under: null, differences: [] });
  expect(outcome.variations).toBe(2 * 2 * 2 * 4 + 2 * 2);
  expect(outcomesText([outcome])).toMatch(/the rows {2}\(and in 36 other ways\)\n/);
});

test('rows that another order changes are shown, with the order that did it', async () => {
  // Late only because of another city's record: not so in a partition of its own (W2).
  const late = '{ city: c, temp: 9, at: "2024-01-01T00:00:30Z" }';
  const text = under('{ batch: [1], partitions: [4] }').replace(
    '- { temp: 8',
    `- ${late}\n        - { temp: 8`,
  );
  const outcome = await ofText(text);
  expect(outcome).toMatchObject({ ok: false, under: 'partitions: 4, batch: 1' });
  expect(outcomesText([outcome])).toContain('other rows under { partitions: 4, batch: 1 }');
});

test.each([
  [
    '{ partitions: [2] }',
    'more: { from: readings, window: { tumbling: 1h }, group_by: [at], aggregate: { n: count() } }',
    'more groups by other columns',
  ],
  [
    '{ shuffle: true }',
    'once: { from: readings, dedup: { by: [city, temp], within: 1h } }',
    'once keeps the first of duplicates',
  ],
])('changes that a stage depends on are refused: %s', async (changes, stage, message) => {
  const outcome = await ofText(
    under(changes, `  ${stage}\n`).replace(
      'sinks:',
      `sinks:\n  x: { from: ${stage.split(':')[0] ?? ''}, stdout: {} }`,
    ),
  );
  expect(outcome).toMatchObject({ ok: false, isInvalid: true });
  expect(outcome.failure).toContain('test-order');
  expect(outcome.failure).toContain(message);
});

test('T5 W4: a wait makes partitions idle, and what comes for a closed window is late by it', async () => {
  const text = under('{ batch: [1, 2], workers: [2], crash: each_step }').replace(
    / {6}readings:[^]*expect:.*/,
    `      readings:
        - { city: a, temp: 1, at: "2024-01-01T00:00:10Z" }
        - { city: a, temp: 2, at: "2024-01-01T00:01:30Z" }
        - { city: b, temp: 3, at: "2024-01-01T00:00:20Z", _partition: 1 }
        - { $wait: 3m }
        - { city: b, temp: 4, at: "2024-01-01T00:01:05Z", _partition: 1 }
    expect:
      minutes: [{ city: a, n: 1, warm: 1 }, { city: a, n: 1, warm: 2 }, { city: b, n: 1, warm: 3 }]
      dead_letters: [{ reason: late_idle, partition: 1, offset: 1 }]`,
  );
  expect(await ofText(text)).toMatchObject({
    ok: true,
    variations: 4,
    failure: null,
    differences: [],
  });
  const waitless = await ofText(text.replace('$wait: 3m', '$wait: 1m'));
  expect(waitless.differences.map(({ output }) => output)).toEqual(['minutes', 'dead_letters']);
});

test('--update writes the rows that came, and leaves comments and layout alone', async () => {
  const file = join(directory, 't.yaml');
  const expected = `
      # The minutes.
      minutes:
        - { city: a,   n: 3 } # fits, as it stands
        # The other one.
        - city: b
          n: 7
        - { n: 9 }
      fresh: []
      minutes_out: [{ city: b }, { city: c }]
      dead_letters: [{ reason: late }]`;
  const before = definition.replace('EXPECT', expected);
  writeFileSync(file, before);
  const first = updateFiles((await runTests([file], {})).outcomes);
  expect(first).toMatchObject([{ ok: false, isUpdated: true }]);
  expect(outcomesText(first)).toMatch(/^new /);
  const after = readFileSync(file, 'utf8');
  expect(after.slice(after.indexOf('      # The minutes.'))).toBe(`      # The minutes.
      minutes:
        - { city: a,   n: 3 } # fits, as it stands
        # The other one.
        - { city: b, n: 1 }
      fresh:
        - { city: a, temp: 2.2, at: "2024-01-01T00:00:30Z" }
        - { city: b, temp: 3.3, at: "2024-01-01T00:02:00Z" }
      minutes_out: [{ city: a }]
      dead_letters: [{ reason: late }, { reason: schema }]
`);
  expect(after.startsWith(before.slice(0, before.indexOf('- city: b')))).toBe(true);
  expect((await runTests([file], {})).outcomes).toMatchObject([{ ok: true }]);
  expect(updateFiles((await runTests([file], {})).outcomes)).toMatchObject([{ isUpdated: false }]);
  expect(readFileSync(file, 'utf8')).toBe(after);
});

test('--watch runs again when a file that was read changes, and ends when it is told to', async () => {
  const stop = new AbortController();
  const file = join(directory, 't.yaml');
  writeFileSync(file, definition.replace('EXPECT', '{ minutes: [] }'));
  const texts: string[] = [];
  await watchFiles(async () => {
    const { outcomes, read } = await runTests([file], {});
    texts.push(outcomesText(outcomes));
    // Written once the folder is watched: a change before would be missed by no one either.
    if (texts.length === 2) stop.abort();
    else setImmediate(() => writeFileSync(file, definition.replace('EXPECT', '{}')));
    return [...read, file];
  }, stop.signal);
  expect(texts.map((text) => text.trimEnd().split('\n').at(-1))).toEqual([
    '1 of 1 test failed',
    '1 test, all as expected',
  ]);
});
