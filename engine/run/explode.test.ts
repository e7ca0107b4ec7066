import { expect, test } from 'vitest';
import { SourceProgram } from '../../workers/program.ts';
import { buildRowId } from '../core/row-id.ts';
import { letterId } from '../io/dead-letter/letter-json.ts';
import { definition, planned } from '../plan/definition.fixture.ts';
import { drivePlan } from './test-driver.ts';
import { compareRows } from './test-rows.ts';

const source = `
file: "data/*.ndjson"
schema: { s: string!, at: long!, vs: array<float>, ws: "array<{ id: int!, main: string }>" }
event_time: { column: at, unit: s }
watermark: { out_of_order: 10s }
`;
const stages = `
e: { from: readings, where: "s <> 'no'", explode: { column: vs, as: v }, set: { i: "cast(v as int)" } }
f: { from: e, explode: { column: ws, as: { id: id, main: main } } }
w: { from: f, window: { tumbling: 1m }, group_by: [s], aggregate: { n: count(), total: sum(v) }, late: dead_letter }
d: { from: e, dedup: { by: [s, v], within: 1h }, explode: { column: ws, as: { id: id } } }
g: { from: d, window: { tumbling: 1m }, group_by: [s, ws], aggregate: { n: count(), latest: last(vs) }, late: dead_letter }
`;
const sinks = `
out: { from: f, stdout: {} }
deduped: { from: d, stdout: {} }
w: { from: w, stdout: {} }
g: { from: g, stdout: {} }
`;
const plan = planned(definition({ source, stages, sinks }));
const rows = [
  { s: 'a', at: 0, vs: [1.1, 2, null], ws: [{ id: 1, main: 'x', other: 3 }, { id: 2 }] },
  { s: 'b', at: 1, vs: [], ws: [{ id: 1, main: 'x' }] },
  { s: 'no', at: 1, vs: [1], ws: [{ id: 1, main: 'x' }] },
  { s: 'c', at: 1, vs: [5e9, 7, 7], ws: [{ id: 9, main: 'x' }] },
  { s: 'd', at: 1, vs: [1], ws: [{ main: 'x' }] },
  { s: 'e', at: 100, vs: [1] },
  { s: 'late', at: 0, vs: [1, 2], ws: [{ id: 1 }, { id: 2 }] },
];

test('elements of arrays are rows of their own for all that follows, dead letters those of their record', async () => {
  const two = [
    { id: 1, main: 'x' },
    { id: 2, main: null },
  ];
  const ofA = [1.1, 2, null].flatMap((v) => [1, 2].map((id) => ({ s: 'a', v, id })));
  const late = [1, 2].flatMap((v) => [1, 2].map((id) => ({ s: 'late', v, id })));
  const expected = {
    e: [
      ...[1.1, 2, null].map((v) => ({ s: 'a', vs: [1.1, 2, null], ws: two, v })),
      ...[
        { s: 'c', v: 7, i: 7 },
        { s: 'c', v: 7 },
        { s: 'e', ws: null, v: 1 },
      ],
      ...[
        { s: 'late', v: 1 },
        { s: 'late', v: 2 },
      ],
    ],
    f: [...ofA, { s: 'c', v: 7, id: 9, main: 'x' }, { s: 'c', v: 7 }, ...late],
    w: [
      { s: 'a', n: 6, total: 2 * Math.fround(1.1) + 4 },
      { s: 'c', n: 2, total: 14 },
    ],
    d: [...ofA, { s: 'c', v: 7, id: 9 }, ...late],

    dead_letters: [
      { reason: 'expression', stage: 'e', offset: 3 },
      { reason: 'schema', offset: 4 },
      // Four rows of the record are late for each: a letter for each of them (R6).
      ...late.map(() => ({ reason: 'late', stage: 'w', offset: 6 })),
      ...late.map(() => ({ reason: 'late', stage: 'g', offset: 6 })),
    ],
  };
  expect(compareRows(expected, await drivePlan(plan, { readings: rows }))).toEqual([]);
});

test('rows of one record have ids of their own, the same ones every time (R6)', () => {
  const bytes = new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const program = new SourceProgram(plan, 0, 1);
  const idsOf = (): string[] => {
    const { slices } = program.run({
      ...{ source: 0, buffer: bytes.slice().buffer, marks: [], late: null },
      slices: [
        {
          ...{ partition: 2, start: 0, length: bytes.length },
          ...{ firstOffset: 10, nextOffset: 17, maxEventTime: -Infinity },
        },
      ],
    });
    const { batch } = slices[0]!.rows.find(({ sink }) => plan.sinks[sink]?.name === 'out')!;
    const idOf = buildRowId({ pipeline: 'p', sink: 'out', columns: [], identity: null });
    return Array.from({ length: batch.length }, (_, row) => idOf(batch, row));
  };
  const ids = idsOf();
  expect(ids.slice(0, 7)).toEqual([
    // By the element of the first array, then that of the second.
    ...[0, 1, 2].flatMap((outer) =>
      [0, 1].map((inner) => `["p","out","readings",2,10,${outer * 2 ** 16 + inner}]`),
    ),
    `["p","out","readings",2,13,${2 ** 16}]`,
  ]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(idsOf()).toEqual(ids);
});

test('R6: each row of a record that cannot be used has a letter with an id of its own', async () => {
  const inputs = {
    readings: [
      { s: 'a', at: 0, vs: [1, 5e9, 6e9], ws: [{ id: 1 }, { id: 2 }] },
      { s: 'b', at: 100, vs: [1] },
      { s: 'late', at: 0, vs: [1, 2], ws: [{ id: 1 }, { id: 2 }] },
    ],
  };
  // Behind the dedup, elements fail that the main thread alone sees.
  const failing = stages.replace(
    '{ id: id } } }',
    '{ id: id } }, set: { j: cast(id * 2e9 as int) } }',
  );
  const { letters } = await drivePlan(
    planned(definition({ source, stages: failing, sinks })),
    inputs,
  );
  const idsAt = (at: string): string[] =>
    letters.filter(({ stage }) => stage === at).map((letter) => letterId('p', letter));
  expect(idsAt('e')).toEqual([1, 2].map((element) => `["p","e","readings",0,0,${element}]`));
  const late = [0, 1, 2 ** 16, 2 ** 16 + 1];
  expect(idsAt('w')).toEqual(late.map((index) => `["p","w","readings",0,2,${index}]`));
  expect(idsAt('d').sort()).toEqual([
    '["p","d","readings",0,0,1]',
    '["p","d","readings",0,2,1]',
    `["p","d","readings",0,2,${2 ** 16 + 1}]`,
  ]);
  expect(letters.every(({ value }) => value.length > 0)).toBe(true);
});

test('a stage has as many rows in and exploded as out, filtered and dead-lettered (L1)', () => {
  const bytes = new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { slices } = new SourceProgram(plan, 0, 1).run({
    ...{ source: 0, buffer: bytes.buffer, marks: [], late: null },
    slices: [
      {
        ...{ partition: 0, start: 0, length: bytes.length },
        ...{ firstOffset: 0, nextOffset: 7, maxEventTime: -Infinity },
      },
    ],
  });
  const [into, filtered, failed, out, exploded] = slices[0]!.counts;
  // In: all but the one that cannot be read. Filtered: `no`, and the empty array.
  expect({ into, filtered, failed, out, exploded }).toEqual({
    ...{ into: 6, exploded: 5 },
    ...{ out: 8, filtered: 2, failed: 1 },
  });
});
