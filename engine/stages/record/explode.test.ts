import { expect, test } from 'vitest';
import { definition, found, planned } from '../../plan/definition.fixture.ts';
import { drivePlan } from '../../run/test-driver.ts';
import { compareRows } from '../../run/test-rows.ts';
import { plainly } from '../../run/test-variations.ts';

const source = `
file: "data/*.ndjson"
schema:
  sensor: string!
  at: timestamp!
  values: array<double!>
  marks: "array<{ id: int!, text: string }>"
event_time: { column: at, iso: true }
watermark: { out_of_order: 10s }
`;
const withStage = (stage: string): string =>
  definition({
    source,
    stages: `s: { from: readings, ${stage} }`,
    sinks: 'out: { from: s, stdout: {} }',
  });

const columnsOf = (stage: string): string[] =>
  (planned(withStage(stage)).stages[0]?.columns ?? []).map(
    ({ name, type, nullable }) => `${name} ${type}${nullable ? '' : '!'}`,
  );

const before = [
  'sensor string!',
  'at timestamp!',
  'values array<double!>',
  'marks array<{ id: int!, text: string }>',
];

test('elements become a column that is null only where the array or its schema lets them be', () => {
  expect(columnsOf('explode: { column: values, as: value }')).toEqual([...before, 'value double!']);
  expect(columnsOf('explode: { column: values, as: value, empty: null }')).toEqual([
    ...before,
    'value double',
  ]);
});

test('members of structs become columns, which later keywords of the stage read', () => {
  const stage =
    'explode: { column: marks, as: { mark: id, word: text } }, set: { next: mark + 1 }, omit: [marks]';
  expect(columnsOf(stage)).toEqual([
    ...before.slice(0, 3),
    ...['mark int!', 'word string', 'next int!'],
  ]);
});

test('an element takes the place of a column of its name', () => {
  expect(columnsOf('explode: { column: values, as: values }')).toEqual([
    ...before.filter((column) => !column.startsWith('values')),
    'values double!',
  ]);
});

test.each([
  ['explode: { column: value, as: v }', 'unknown-column: there is no column value'],
  [
    'explode: { column: sensor, as: v }',
    'type-mismatch: sensor is string: only an array has elements',
  ],
  [
    'explode: { column: values, as: { v: id } }',
    'invalid-value: the elements are single values: name one column for them',
  ],
  [
    'explode: { column: marks, as: mark }',
    'invalid-value: the elements are structs: say which of their members become columns',
  ],
  [
    'explode: { column: marks, as: { mark: ids } }',
    'unknown-column: the structs have no member ids',
  ],
  ["set: { v: 'values + 1' }", 'type-mismatch: `+` does not take array<double!>'],
  [
    "where: 'values = marks'",
    'type-mismatch: `=` does not take array<double!> and array<{ id: int!, text: string }> together',
  ],
  [
    "set: { v: 'cast(values as string)' }",
    'type-mismatch: array<double!> cannot be cast to string',
  ],
  [
    "where: 'value > 1', explode: { column: values, as: value }",
    'set-later: value is set by `explode`, which runs after this, whatever the order written',
  ],
])('%s is a mistake', (stage, message) => {
  expect(found(withStage(stage))[0]).toBe(message);
});

test('what follows a mistake in it is not reported again', () => {
  const stage = "explode: { column: sensor, as: v }, set: { w: 'v + 1' }";
  expect(found(withStage(stage))).toHaveLength(1);
});

test('W8 O1 L1: lists in rows of a window are exploded, and windows are over their elements', async () => {
  const text = definition({
    source: source.replace('array<double!>', 'array<double!>\n  v: long!'),
    stages: `w: { from: readings, window: { tumbling: 1m }, group_by: [sensor], aggregate: { all: "collect_list(v, 3)" } }
s: { from: w, explode: { column: all, as: v }, set: { twice: v * 2 }, omit: [all] }
h: { from: s, window: { tumbling: 1h }, group_by: [v], aggregate: { n: count(), first: first(sensor) } }`,
    sinks: 'out: { from: s, stdout: {} }\nh: { from: h, stdout: {} }',
  });
  const row = (sensor: string, v: number, at: string) => ({
    ...{ sensor, v, at: `2024-03-28T10:${at}Z` },
    ...{ values: [], marks: [] },
  });
  const readings = [
    ...[row('b', 7, '00:02'), row('b', 8, '00:01'), row('a', 7, '00:03')],
    ...[row('b', 7, '01:00'), row('b', 6, '01:01'), row('b', 5, '01:02'), row('b', 4, '01:03')],
  ];
  const expected = {
    s: [
      ...[
        { sensor: 'a', v: 7, twice: 14 },
        { sensor: 'b', v: 7 },
        { sensor: 'b', v: 8 },
      ],
      ...[
        { sensor: 'b', v: 7 },
        { sensor: 'b', v: 6 },
        { sensor: 'b', v: 5, twice: 10 },
      ],
    ],
    h: [{ v: 7, n: 3, first: 'a' }, ...[5, 6, 8].map((v) => ({ v, n: 1, first: 'b' }))],
  };
  for (const crash of [false, true]) {
    const driven = await drivePlan(planned(text), { readings }, { ...plainly, batch: 2, crash });
    expect(compareRows(expected, driven)).toEqual([]);
  }
});

test('an aggregate that orders values does not take an array', () => {
  const stages =
    's: { from: readings, window: { tumbling: 1m }, aggregate: { most: max(values), one: first(values), n: count(values) } }';
  const text = definition({ source, stages, sinks: 'out: { from: s, stdout: {} }' });
  expect(found(text)).toEqual(['type-mismatch: max does not take array<double!>']);
});
