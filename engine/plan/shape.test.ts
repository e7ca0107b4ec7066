import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registry } from '../stages/registry.ts';
import { buildPlan } from './build.ts';
import { planned, specOf } from './definition.fixture.ts';
import { type Shape, differences, shapeOf } from './shape.ts';

const base = `
name: shaped
description: none
timezone: Europe/Paris
connections:
  kafka: { brokers: "one:9092" }
  cassandra: { contact_points: "one:9042", keyspace: k }
params:
  LEAST: { type: int, default: 3 }
sources:
  readings:
    kafka: { topic: readings }
    format: json
    schema: { city: string!, t: float!, n: int, at: string! }
    event_time: { column: at, pattern: "yyyy-MM-dd HH:mm:ss" }
    watermark: { out_of_order: 10s, idle: 2m, max_future: 5m, max_drift: 10m }
stages:
  warm:
    from: readings
    where: n + $LEAST > 0
    set:
      twice: t * 2
      more: twice + 1
  cold:
    from: readings
    set: { twice: t * 2 }
  tens:
    from: warm
    window: { sliding: 10m, every: 5m, offset: 1m, grace: 1m }
    group_by: [city]
    aggregate:
      rows: count()
      mean: avg(t)
      spread: max(twice) - min(twice)
    late: drop
sinks:
  out: { from: tens, where: rows > 1, cassandra: { table: tens, primary_key: [[city], window_start], latest: true } }
  all: { from: readings, kafka: { topic: all } }
errors: { decode: dead_letter, expression: dead_letter }
limits: { memory: 512MiB, keys: 1000 }
checkpoint: { every: 10s, directory: .engine/state }
`;

type Edit = readonly [from: string, to: string];

/** What may change between runs over the same state. */
const harmless: readonly Edit[] = [
  ['description: none', 'description: some'],
  ['"one:9092"', '"two:9092, three:9092"'],
  ['"one:9042"', '"two:9042"'],
  ['keyspace: k', 'keyspace: other'],
  ['memory: 512MiB', 'memory: 1GiB'],
  ['keys: 1000', 'keys: 2000'],
  ['every: 10s', 'every: 1m'],
  ['directory: .engine/state', 'directory: elsewhere'],
  ['decode: dead_letter', 'decode: skip'],
  ['expression: dead_letter', 'expression: fail'],
  ['late: drop', 'late: dead_letter'],
  ['idle: 2m', 'idle: 3m'],
  ['max_drift: 10m', 'max_drift: 1h'],
  ['rows > 1', 'rows > 2'],
  ['kafka: { topic: all }', 'stdout: {}'],
  ['  all:', '  every_row:'],
  ['city: string!, t: float!', 't: float!, city: string!'],
];

/** What must not, with the line that says so. */
const harmful: readonly (readonly [...Edit, line: string])[] = [
  [
    'timezone: Europe/Paris',
    'timezone: UTC',
    'readings: event_time is at, as yyyy-MM-dd HH:mm:ss in UTC',
  ],
  [
    'format: json',
    'format: { json: { validate: full } }',
    'readings: format is json, validate full',
  ],
  ['n: int,', 'n: long,', 'readings: column n is n long, was n int'],
  ['n: int,', 'n: int!,', 'readings: column n is n int!, was n int'],
  ['n: int,', 'n: int, extra: bool,', 'readings: column extra is new (extra bool)'],
  [
    'n: int,',
    'n: { path: a.n, type: int },',
    'readings: the types of column n are ["a","n"], were ["n"]',
  ],
  ['HH:mm:ss"', 'HH:mm:ss", ambiguous: later', 'readings: event_time is'],
  ['out_of_order: 10s', 'out_of_order: 20s', 'readings: out_of_order is 20s, was 10s'],
  ['max_future: 5m', 'max_future: 1h', 'readings: max_future is 1h, was 5m'],
  ['n + $LEAST > 0', 'n + $LEAST > 1', 'warm: where is (n + 3) > 1, was (n + 3) > 0'],
  ['default: 3', 'default: 4', 'warm: where is (n + 4) > 0, was (n + 3) > 0'],
  ['type: int, default', 'type: long, default', 'warm: the types of where are'],
  ['twice: t * 2', 'twice: t * 3', 'warm: set twice is t * 3, was t * 2'],
  ['more: twice', 'less: twice', 'warm: set less is new (twice + 1)'],
  ['from: warm', 'from: cold', 'tens: from is cold, was warm'],
  [
    'sliding: 10m, every: 5m',
    'tumbling: 10m',
    'tens: window is tumbling 10m, offset 1m, was sliding 10m every 5m',
  ],
  ['every: 5m', 'every: 2m', 'tens: window is sliding 10m every 2m'],
  ['offset: 1m', 'offset: 2m', 'tens: window is'],
  ['grace: 1m', 'grace: 2m', 'tens: grace is 2m, was 1m'],
  ['group_by: [city]', 'group_by: [city, n]', 'tens: group_by is city, n, was city'],
  ['mean: avg(t)', 'mean: sum(t)', 'tens: aggregate mean is sum(t), was avg(t)'],
  ['mean: avg(t)', 'mean: avg(t + 1)', 'tens: aggregate mean is avg(t + 1), was avg(t)'],
  ['mean: avg(t)', 'middle: avg(t)', 'tens: aggregate mean is gone (was avg(t))'],
  ['- min(twice)', '+ min(twice)', 'tens: aggregate spread is max(twice) + min(twice)'],
  ['rows: count()', 'rows: count(n)', 'tens: aggregate rows is count(n), was count()'],
];

const edited = (edits: readonly Edit[]): string =>
  edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`nothing to edit: ${from}`);
    return text.replace(from, to);
  }, base);

const shape = (text: string): Shape => shapeOf(planned(text));

describe('R3: the shape of a pipeline', () => {
  test('R3: is the same for the same definition, and after a trip through JSON', () => {
    const saved = JSON.parse(JSON.stringify(shape(base))) as Shape;
    expect(differences(saved, shape(base))).toEqual([]);
  });

  test.each(harmless)('R3: does not change with %j → %j', (from, to) => {
    expect(differences(shape(base), shape(edited([[from, to]])))).toEqual([]);
  });

  test.each(harmful)('R3: changes with %j → %j', (from, to, line) => {
    const lines = differences(shape(base), shape(edited([[from, to]])));
    expect(
      lines.some((one) => one.startsWith(line)),
      lines.join('\n'),
    ).toBe(true);
  });

  test('R3: any harmless changes together go unnoticed, and hide no other', () => {
    const some = fc.subarray([...harmless.keys()]).map((at) => at.map((i) => harmless[i]!));
    const before = shape(base);
    fc.assert(
      fc.property(some, fc.option(fc.constantFrom(...harmful)), (quiet, loud) => {
        const text = loud === null ? base : edited([[loud[0], loud[1]]]);
        // Where both edit the same words, the one that matters has been made.
        const all = quiet.filter(([from]) => text.includes(from));
        const now = all.reduce((edit, [from, to]) => edit.replace(from, to), text);
        expect(differences(before, shape(now)).length > 0).toBe(loud !== null);
      }),
      { numRuns: 60 },
    );
  });

  test('R3: a change of types alone is only told when there is nothing else', () => {
    const typed = shape(edited([['n: int,', 'n: long,']]));
    expect(differences(shape(base), typed)).toEqual(['readings: column n is n long, was n int']);
  });

  test('R3: the order in which columns are set counts, since the same words may mean another column', () => {
    const one = edited([['twice: t * 2', 't: t * 2\n      twice: t * 2']]);
    const other = edited([['twice: t * 2', 'twice: t * 2\n      t: t * 2']]);
    expect(differences(shape(one), shape(other))).toContain(
      'warm: its parts come in another order',
    );
  });

  test('R3: a having is part of it', () => {
    const { spec } = specOf(base);
    const having = (text: string | null): Shape => {
      const stages = spec!.stages.map((stage) => ({ ...stage, having: text }) as typeof stage);
      return shapeOf(buildPlan({ ...spec!, stages }, registry).plan!);
    };
    expect(differences(having(null), having('rows > 1'))).toEqual([
      'tens: having is new (rows > 1)',
    ]);
    expect(differences(having('rows > 2'), having('rows > 1'))).toEqual([
      'tens: having is rows > 1, was rows > 2',
    ]);
  });

  test('R3: another way of keeping the same results does not fit, and is told when nothing else is', () => {
    const now = shape(base);
    const before = { ...now, tens: now['tens']!.replace('sum(float)', 'moments(float)') };
    expect(differences(before, now)).toEqual([
      expect.stringMatching(/^tens: the types of the state are .*, were .*moments/) as string,
    ]);
  });

  test('R3: stages that come and go are named, whatever their names', () => {
    const before = { constructor: '[]', gone: '[]' };
    const now = { new_one: '[]' };
    expect(differences(before, now)).toEqual([
      'constructor is gone',
      'gone is gone',
      'new_one is new',
    ]);
    expect(differences({}, { constructor: '[]' })).toEqual(['constructor is new']);
  });

  test('R3: a shape of another make differs', () => {
    const old = Object.fromEntries(Object.keys(shape(base)).map((name) => [name, '{"slots":1}']));
    expect(differences(old, shape(base))).toContain(
      'tens: window is new (sliding 10m every 5m, offset 1m)',
    );
  });
});
