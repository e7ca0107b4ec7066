import { expect, test } from 'vitest';
import { SourceProgram } from '../../workers/program.ts';
import { buildRowId } from '../core/row-id.ts';
import { countedBeside } from '../run/retry.ts';
import { drivePlan } from '../run/test-driver.ts';
import { compareRows } from '../run/test-rows.ts';
import { definition, found, planned } from './definition.fixture.ts';

const stages = `
warm: { from: readings, where: t > 20, set: { kind: "'warm'" } }
wet: { from: readings, where: n > 50, set: { spare: t + 1, kind: "'wet'" }, omit: [spare] }
both: { from: [warm, wet] }
named: { from: both, set: { name: "concat(city, ' ', kind)" }, select: [city, kind, name, t] }
minutes:
  from: [wet, warm]
  window: { tumbling: 1m }
  group_by: [city]
  aggregate: { n: count(), total: sum(t), warm: count_if(kind = 'warm') }
  late: dead_letter
again: { from: [both, warm], where: t > 0 }
visits: { from: [wet, warm], window: { session: 2m, max: 1d }, group_by: [city], aggregate: { n: count() } }
hour: { from: again, window: { tumbling: 1h }, aggregate: { n: count() } }
`;
const sinks = `
named: { from: named, stdout: {} }
minutes: { from: minutes, stdout: {} }
hour: { from: hour, stdout: {} }
visits: { from: visits, stdout: {} }
`;
const text = definition({ stages, sinks });
const reading = (city: string, t: number, n: number, at: string) => ({
  ...{ city, t, n, felt: 1 },
  at: `2024-03-28T${at}Z`,
});
const rows = [
  reading('Brest', 21, 60, '10:00:00'),
  reading('Lille', 25, 1, '10:00:10'),
  reading('Nice', 1, 99, '10:00:20'),
  reading('Metz', 1, 1, '10:00:30'),
  reading('Brest', 30, 60, '10:05:00'),
  reading('Brest', 40, 70, '10:00:05'),
];

test('a union has the rows of its inputs; a record that comes by two of them counts twice (L1)', async () => {
  const expected = {
    named: [
      ...[
        { name: 'Brest warm', t: 21 },
        { name: 'Brest wet', t: 21 },
      ],
      ...[{ name: 'Lille warm' }, { name: 'Nice wet' }],
      ...[
        { name: 'Brest warm', t: 30 },
        { name: 'Brest wet', t: 30 },
      ],
      ...[
        { name: 'Brest warm', t: 40 },
        { name: 'Brest wet', t: 40 },
      ],
    ],
    minutes: [
      { city: 'Brest', n: 2, total: 42, warm: 1, window_start: '2024-03-28T10:00:00Z' },
      { city: 'Lille', n: 1, warm: 1 },
      { city: 'Nice', n: 1, warm: 0 },
      { city: 'Brest', n: 2, total: 60, warm: 1, window_start: '2024-03-28T10:05:00Z' },
    ],
    hour: [{ n: 12 }],
    visits: [
      { city: 'Brest', n: 2 },
      { city: 'Brest', n: 2 },
      { city: 'Lille', n: 1 },
      { city: 'Nice', n: 1 },
    ],
    // Late twice, by two inputs: a letter for each, as the ledger counts them (R6).
    dead_letters: [
      { reason: 'late', stage: 'minutes', offset: 5 },
      { reason: 'late', stage: 'minutes', offset: 5 },
    ],
  };
  // Every run in memory ends with its ledger, too.
  expect(compareRows(expected, await drivePlan(planned(text), { readings: rows }))).toEqual([]);
});

test('rows of a record that comes by two inputs have ids of their own (R6)', () => {
  const plan = planned(text);
  const bytes = new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const slice = { partition: 0, start: 0, length: bytes.length, firstOffset: 0, nextOffset: 6 };
  const { slices } = new SourceProgram(plan, 0, 1).run({
    ...{ source: 0, buffer: bytes.buffer, marks: [], late: null },
    slices: [{ ...slice, maxEventTime: -Infinity }],
  });
  const idOf = buildRowId({ pipeline: 'p', sink: 's', columns: [], identity: null });
  const ids = slices[0]!.rows.flatMap(({ batch }) =>
    Array.from({ length: batch.length }, (_, row) => idOf(batch, row)),
  );
  expect(ids).toHaveLength(8);
  // By record, whatever input it came by: the last row of a key is that of the last record.
  const records = ids.map((id) => Number((JSON.parse(id) as unknown[])[4]));
  expect(records).toEqual(records.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(8);
});

test('a column is null where it may be in any input, and has its place in the first one', () => {
  const plan = planned(
    definition({
      stages: `a: { from: readings, select: [city, t] }
b: { from: readings, set: { t: "nullif(t, 0.0)" }, select: [t, city] }
c: { from: [a, b] }`,
      sinks: 'out: { from: c, stdout: {} }',
    }),
  );
  const columns = plan.stages.find(({ name }) => name === 'c')?.columns;
  expect(columns).toEqual([
    { name: 'city', type: 'string', nullable: false, slot: 0 },
    { name: 't', type: 'double', nullable: true, slot: 1 },
  ]);
});

const second = `other: { file: "more/*.ndjson", schema: { city: string!, region: string, t: double!, felt: double, n: int, at: timestamp! } }`;
test.each([
  [
    'a: { from: other, set: { n: t } }\nu: { from: [readings, a] }',
    'union-columns: n is double in a, and int in readings',
  ],
  [
    'w: { from: readings, window: { tumbling: 1m }, aggregate: { n: count() } }\nu: { from: [w, readings] }',
    'union-rows: w gives rows of windows and readings records: these have no common order',
  ],
  [
    'w: { from: readings, window: { tumbling: 1m }, aggregate: { n: count() } }\nv: { from: w, where: n > 1 }\nu: { from: [w, v] }',
    'union-rows: rows of w come by several inputs, and nothing would tell them apart',
  ],
  [
    'a: { from: readings, select: [city, t] }\nb: { from: other, select: [city, t] }\nu: { from: [a, b], window: { count: 3 }, group_by: [city], aggregate: { n: count() } }',
    'window-order: u counts in the order of one input, and readings and other have none',
  ],
  [
    'a: { from: readings, window: { tumbling: 1m }, aggregate: { n: count() } }\nb: { from: readings, window: { tumbling: 2m }, aggregate: { n: count() } }\nu: { from: [a, b], window: { count: 3 }, aggregate: { m: count() } }',
    'window-order: u counts in the order of one input, and a and b have none',
  ],
  ['u: { from: [readings, readings] }', 'duplicate-column: readings is named twice'],
  ['u: { from: [readings, reading] }', 'unknown-from: there is no source or stage reading'],
  ['u: { from: [readings] }', 'empty-stage: '],
])('%s is a mistake', (stage, message) => {
  const all = definition({ stages: stage, sinks: 'out: { from: u, stdout: {} }' }).replace(
    'sources:\n',
    `sources:\n  ${second}\n`,
  );
  expect(found(all).filter((each) => each.startsWith(message))).toHaveLength(1);
});

test('W7: windows may count what comes out of a dedup and what does not', () => {
  const stages = `d: { from: readings, dedup: { by: [city], within: 1h } }
u: { from: [d, readings], window: { count: 3 }, group_by: [city], aggregate: { n: count() } }`;
  expect(found(definition({ stages, sinks: 'out: { from: u, stdout: {} }' }))).toEqual([]);
});

test('a sink reads one of them: a list is a stage of its own', () => {
  expect(found(definition({ sinks: 'out: { from: [readings, more], stdout: {} }' }))).toContain(
    'wrong-type: one source or stage is read here, found a list',
  );
});

test('what failed in one input has counted in all that another feeds, each told once', () => {
  const beside = countedBeside(planned(text), 'readings', 'warm');
  expect(beside.toSorted()).toEqual(['hour', 'minutes', 'named', 'visits']);
});

const windows = (cuts: string): string => `
m1: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
m5: { from: readings, window: { tumbling: 5m }, group_by: [city], aggregate: { n: count() } }
${cuts}
all: { from: [a, b] }
`;
const told = `a: { from: m1, set: { size: "'1m'" } }\nb: { from: m5, set: { size: "'5m'" } }`;
const table = (key: string): string =>
  `t: { from: all, cassandra: { table: t, primary_key: ${key} } }`;

test('K1: a table of rows of two windows needs a key that tells them apart', () => {
  const findings = (cuts: string, key: string): string[] =>
    found(definition({ stages: windows(cuts), sinks: table(key) })).filter((each) =>
      each.startsWith('window-key'),
    );
  expect(findings(told, '[[city], window_start, size]')).toEqual([]);
  const apart =
    'window-key: rows of the windows of a union would overwrite each other: nothing in the key tells them apart';
  expect(findings(told, '[[city], window_start]')).toEqual([apart]);
  const same = told.replace("'5m'", "'1m'");
  expect(findings(same, '[[city], window_start, size]')).toEqual([apart]);
});

test('K1: a table of elements needs a key that tells them apart', () => {
  const stages = `w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { ts: "collect_list(t, 9)" } }
all: { from: w, explode: { column: ts, as: t }, omit: [ts] }`;
  const findings = (key: string): string[] =>
    found(definition({ stages, sinks: table(key) })).filter((each) =>
      each.startsWith('window-key'),
    );
  expect(findings('[[city], window_start, t]')).toEqual([]);
  expect(findings('[[city], window_start]')).toEqual([
    'window-key: elements of one list would overwrite each other: the key is that of the window row',
  ]);
});

test('W5: elements of rows that are not final yet could stay for ever', () => {
  const stages = `w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { ts: "collect_list(t, 9)" }, emit: on_end }
all: { from: w, explode: { column: ts, as: t }, omit: [ts] }`;
  const all = found(definition({ stages, sinks: table('[[city], window_start, t]') }));
  expect(all.filter((each) => each.startsWith('emit-filter'))).toHaveLength(1);
});

test('R10: partitions of two sources are not archived into one file', () => {
  const text = definition({
    stages: 'all: { from: [readings, other] }',
    sinks: 'out: { from: all, file: { path: "out/{partition}-{part}.ndjson" } }',
  }).replace('sources:\n', `sources:\n  ${second}\n`);
  expect(found(text)).toContain(
    'path-placeholder: records of readings and other would share the files of their partitions',
  );
});
