import { describe, expect, test } from 'vitest';
import { definition, found, planned } from '../plan/definition.fixture.ts';
import { drivePlan } from './test-driver.ts';
import { compareRows } from './test-rows.ts';

const source = (schema: string, connector = 'file: "data/*.ndjson"'): string =>
  `${connector}\nschema: ${schema}\nevent_time: { column: at, iso: true }\nwatermark: { out_of_order: 10s }\n`;

const stages = `
delayed:
  from: readings
  where: record_time is not null
  set: { behind: "cast(record_time as double) - cast(at as double)" }
minutes:
  from: delayed
  window: { tumbling: 1m }
  group_by: [city]
  aggregate: { n: count(), newest: max(record_time), slowest: max(behind) }
`;
const sinks = 'minutes: { from: minutes, stdout: {} }\ndelayed: { from: delayed, stdout: {} }';

const at = '2024-03-28T10:00:00Z';
const rows = [
  { city: 'Brest', at, _timestamp: Date.parse(at) + 2_500 },
  { city: 'Brest', at, _timestamp: Date.parse(at) + 1_000 },
  { city: 'Lille', at },
];

describe('record_time', () => {
  test.each([
    ['when the schema does not name it', '{ city: string!, at: timestamp! }'],
    ['when the schema names it', '{ city: string!, at: timestamp!, _timestamp: timestamp }'],
  ])('O5: is the time of the broker, %s', async (_, schema) => {
    const plan = planned(definition({ source: source(schema), stages, sinks }));
    const driven = await drivePlan(plan, { readings: rows });
    const expected = {
      minutes: [{ city: 'Brest', n: 2, newest: '2024-03-28T10:00:02.500Z', slowest: 2.5 }],
    };
    expect(compareRows(expected, driven)).toEqual([]);
  });

  test.each([
    ['when the schema does not name it', '{ city: string!, at: timestamp! }'],
    ['when the schema names it', '{ city: string!, at: timestamp!, _timestamp: timestamp }'],
  ])('O5: is the time of the broker behind a union of unions, %s', async (_, schema) => {
    const plan = planned(
      definition({
        source: source(schema),
        stages: `
lille: { from: readings, where: city = 'Lille', set: { spare: 1 }, select: [city, at] }
brest: { from: readings, where: city = 'Brest', select: [city, at] }
either: { from: [lille, brest] }
all: { from: [brest, lille] }
both: { from: [all, either] }
twice: { from: both, set: { seen: record_time } }`,
        sinks: 'twice: { from: twice, stdout: {} }',
      }),
    );
    const driven = await drivePlan(plan, { readings: rows });
    const seen = [
      { city: 'Brest', seen: '2024-03-28T10:00:02.500Z' },
      { city: 'Brest', seen: '2024-03-28T10:00:01Z' },
      { city: 'Lille', seen: null },
    ];
    expect(compareRows({ twice: [...seen, ...seen] }, driven)).toEqual([]);
  });

  test('O5: is no column that comes out by itself', () => {
    const plan = planned(
      definition({ source: source('{ city: string!, at: timestamp! }'), stages, sinks }),
    );
    const delayed = plan.sinks.find(({ name }) => name === 'delayed');
    expect(delayed?.columns.map(({ name }) => name)).toEqual(['city', 'at', 'behind']);
  });

  test('is not asked of a source whose definition does not mention it', () => {
    const { sources } = planned(definition({}));
    expect(sources[0]?.columns.map(({ name }) => name)).not.toContain('record_time');
  });

  test('is nothing that rows of windows have', () => {
    const late = `${stages}late: { from: minutes, set: { x: record_time } }`;
    expect(
      found(
        definition({ source: source('{ city: string!, at: timestamp! }'), stages: late, sinks }),
      ),
    ).toContainEqual(expect.stringContaining('record_time is the time of a record'));
  });
});

describe('now()', () => {
  const aged =
    'aged: { from: readings, set: { age: "cast(now() as double) - cast(at as double)" } }';
  const out = 'aged: { from: aged, stdout: {} }';

  test('O5: is one instant for the whole run, from outside', () => {
    const text = definition({ stages: aged, sinks: out });
    const programs = [Date.parse(at), Date.parse(at) + 60_000].map((nowMs) =>
      JSON.stringify(planned(text, {}, nowMs).stages),
    );
    expect(programs[0]).toContain(String(Date.parse(at)));
    expect(programs[1]).toBe(
      programs[0]?.replaceAll(String(Date.parse(at)), String(Date.parse(at) + 60_000)),
    );
  });

  test('O5: is not there while input goes on', () => {
    const endless = definition({
      source: source('{ at: timestamp! }', 'kafka: { topic: readings }'),
      stages: aged,
      sinks: out,
    });
    expect(found(endless)).toEqual([expect.stringContaining('now-unbounded: there is no now()')]);
  });
});
