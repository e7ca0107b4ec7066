import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withAdmin } from '../../engine/io/kafka/admin.ts';
import { connectionTo } from '../../engine/io/kafka/brokers.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { expectRows } from './rows.fixture.ts';
import { type ReadRecord, type TestRecord, TestTopic, readTopic } from './topic.fixture.ts';

const name = freshName('letters');
const keyspace = new TestKeyspace(name);
const topic = new TestTopic(name, 2);
const project = new Project(serverVariables());

const definition = `
name: ${name}
timezone: Europe/Paris
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra:
    contact_points: "\${CASSANDRA_CONTACT_POINTS}"
    local_data_center: datacenter1
    keyspace: ${name}
    replication: 1
sources:
  readings:
    kafka: { topic: ${name}, group: ${name}, start: earliest }
    format: json
    schema: { date: string!, city: string!, temperature: double!, code: string }
    event_time: { column: date, pattern: "yyyy-MM-dd HH:mm:ss" }
    watermark: { out_of_order: 10s, max_future: 5m }
stages:
  numbered:
    from: readings
    where: temperature < 1000
    set:
      number: cast(code as int)
  minutes:
    from: numbered
    window: { tumbling: 10m }
    group_by: [city]
    aggregate:
      n: count()
      total: sum(number)
    late: dead_letter
sinks:
  readings_table: { from: numbered, cassandra: { table: readings, primary_key: [[city], date] } }
  minutes_table: { from: minutes, cassandra: { table: minutes, primary_key: [[city], window_start] } }
errors:
  decode: dead_letter
  expression: dead_letter
  dead_letter: { kafka: { topic: ${name}_dead } }
`;

const at = (time: string, more: object = {}): string =>
  JSON.stringify({ date: `2024-03-28 ${time}`, city: 'Brest', temperature: 8, code: '7', ...more });
const epochOf = (time: string): number => Date.parse(`2024-03-28T${time}+01:00`);
const good = (time: string, more: object = {}): TestRecord => ({
  partition: 0,
  key: 'Brest',
  value: at(time, more),
});

/** A record that is no use, and what its letter must say. */
interface Bad {
  readonly what: string;
  readonly record: TestRecord;
  readonly code: string;
  readonly stage: string;
  readonly reason: RegExp;
}

const bad: readonly Bad[] = [
  {
    what: 'bytes that are no text',
    record: { partition: 0, key: 'k1', value: Uint8Array.of(0xff, 0xfe, 0x00, 0x7b, 0x22) },
    code: 'DECODE',
    stage: 'readings',
    reason: /./,
  },
  {
    what: 'JSON that was cut off',
    record: { partition: 0, key: 'k2', value: at('12:00:02').slice(0, 40) },
    code: 'DECODE',
    stage: 'readings',
    reason: /./,
  },
  {
    what: 'a record without a required field',
    record: good('12:00:03', { city: undefined }),
    code: 'SCHEMA',
    stage: 'readings',
    reason: /city/,
  },
  {
    what: 'null where a value is required',
    record: good('12:00:03', { city: null }),
    code: 'SCHEMA',
    stage: 'readings',
    reason: /city/,
  },
  {
    what: 'text where a number is declared',
    record: good('12:00:04', { temperature: 'warm' }),
    code: 'SCHEMA',
    stage: 'readings',
    reason: /temperature/,
  },
  {
    what: 'a date that does not exist',
    record: good('12:00:61'),
    code: 'EVENT_TIME',
    stage: 'readings',
    reason: /12:00:61/,
  },
  {
    what: 'a time more than max_future after the broker’s (T3)',
    record: { ...good('23:00:00'), timestamp: epochOf('22:54:59') },
    code: 'FUTURE',
    stage: 'readings',
    reason: /./,
  },
  {
    what: 'text that an expression cannot cast',
    record: good('12:00:05', { code: 'seven' }),
    code: 'EXPRESSION',
    stage: 'numbered',
    reason: /./,
  },
];
const late = good('12:00:06', { city: 'Late' });

const records: readonly TestRecord[] = [
  good('12:00:01'),
  ...bad.map(({ record }) => record),
  { partition: 0, key: 'Brest', value: null },
  good('12:00:07', { temperature: 5000 }), // filtered
  // At the limit, not beyond it (T3): it counts, and it moves the watermark.
  { ...good('12:30:00'), timestamp: epochOf('12:25:00') },
  late,
  good('12:31:00'),
  // The other partition has its own watermark (W2): what is late there is not late here.
  { partition: 1, key: 'Nice', value: at('12:00:06', { city: 'Nice' }) },
];

let run: EngineRun;
let letters: ReadRecord[];

beforeAll(async () => {
  await topic.create();
  await topic.write(records);
  project.write('letters.yaml', definition);
  run = await project.engine('run', 'letters.yaml', '--until', 'end', '--json');
  letters = await readTopic(`${name}_dead`);
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
  await topic.remove();
});

const letterOf = (offset: number): ReadRecord[] =>
  letters.filter(
    ({ headers }) =>
      headers.get('engine-offset') === String(offset) && headers.get('engine-partition') === '0',
  );
const bytesOf = (value: string | Uint8Array | null): string =>
  Buffer.from(value ?? '').toString('hex');

describe('dead letters', () => {
  it.each(bad.map((each, index) => ({ ...each, offset: index + 1 })))(
    '$what goes to the dead letters, with its bytes, origin and reason',
    ({ record, code, stage, reason, offset }) => {
      const found = letterOf(offset);
      expect(found).toHaveLength(1);
      const [letter] = found;
      expect(bytesOf(letter?.value ?? null)).toBe(bytesOf(record.value));
      expect(bytesOf(letter?.key ?? null)).toBe(bytesOf(record.key ?? null));
      expect(Object.fromEntries(letter?.headers ?? [])).toMatchObject({
        'engine-code': code,
        'engine-stage': stage,
        'engine-source': 'readings',
        'engine-pipeline': name,
        'engine-id': JSON.stringify([name, stage, 'readings', 0, offset]),
        'engine-reason': expect.stringMatching(reason) as unknown,
      });
    },
  );

  it('W2: a late record goes to the dead letters with its bytes, and is no letter of other stages', () => {
    const offset = records.indexOf(late);
    const found = letterOf(offset);
    expect(found.map(({ headers }) => headers.get('engine-code'))).toEqual(['LATE']);
    expect(found[0]?.headers.get('engine-stage')).toBe('minutes');
    expect(bytesOf(found[0]?.value ?? null)).toBe(bytesOf(late.value));
  });

  it('there is a letter for nothing else', () => {
    expect(letters).toHaveLength(bad.length + 1);
  });

  it('L1: the run goes on, and every record is accounted for', () => {
    expect(run.summary).toMatchObject({
      records: records.length - 1, // one has no value
      filtered: 1,
      late: 1,
      latePartial: 0,
      deadLetters: { DECODE: 2, SCHEMA: 3, EVENT_TIME: 1, FUTURE: 1, EXPRESSION: 1, LATE: 1 },
      rows: { readings_table: 5, minutes_table: 3 },
    });
    expect(run.latest).toMatchObject({ state: 'stopped', late: 1, deadLetters: bad.length + 1 });
  });

  it('what was good is in the tables, the late record in those that have no windows', async () => {
    const table = await keyspace.rows('readings');
    const rows = [
      ...['12:00:01', '12:30:00', '12:31:00'].map((time) => ({ city: 'Brest', time })),
      { city: 'Late', time: '12:00:06' },
      { city: 'Nice', time: '12:00:06' },
    ].map(({ city, time }) => ({
      ...{ city, date: `2024-03-28 ${time}`, temperature: 8, code: '7', number: 7 },
    }));
    expectRows(table, rows, { key: ['city', 'date'] });
    const windows = [
      { city: 'Brest', window_start: epochOf('12:00:00'), n: 1, total: 7 },
      { city: 'Nice', window_start: epochOf('12:00:00'), n: 1, total: 7 },
      { city: 'Brest', window_start: epochOf('12:30:00'), n: 2, total: 14 },
    ];
    expectRows(await keyspace.rows('minutes'), windows, { key: ['city', 'window_start'] });
  });

  it('a second run writes no letter again', async () => {
    const again = await project.engine('run', 'letters.yaml', '--until', 'end', '--json');
    expect(again.summary).toMatchObject({ records: 0, resumed: true });
    expect(await readTopic(`${name}_dead`)).toHaveLength(letters.length);
  });
});

describe('stop_when', () => {
  it('ends the run with exit code 3 when too large a share of the records are letters', async () => {
    const strict = definition
      .replace(`name: ${name}`, `name: ${name}_strict`)
      .replace('errors:', 'errors:\n  stop_when: { share: 5%, of_last: 10 }');
    project.write('strict.yaml', strict);
    const stopped = project.start('run', 'strict.yaml', '--until', 'end');
    expect(await stopped.exitCode()).toBe(3);
    expect(stopped.stderr).toMatch(/stop_when|share|dead/);
  });

  it('errors: fail ends the run with exit code 1, naming the record', async () => {
    const strict = definition
      .replace(`name: ${name}`, `name: ${name}_failing`)
      .replace('decode: dead_letter', 'decode: fail');
    project.write('failing.yaml', strict);
    const failed = project.start('run', 'failing.yaml', '--until', 'end');
    expect(await failed.exitCode()).toBe(1);
    expect(failed.stderr).toMatch(/readings partition 0 offset 1\b/);
  });
});

describe('engine why', () => {
  interface Answer {
    readonly partitions: readonly {
      readonly partition: number;
      readonly merged: readonly number[];
      readonly late: readonly number[];
      readonly closing: { readonly offset: number } | null;
    }[];
    readonly is_in_table: boolean;
  }
  const why = async (...key: readonly string[]): Promise<Answer> => {
    const { lines } = await project.engine(
      'why',
      'minutes_table',
      ...key,
      '--json',
      '-f',
      'letters.yaml',
    );
    return JSON.parse(lines[0] ?? '') as Answer;
  };
  const offset = (record: TestRecord): number => records.indexOf(record);

  it('W2: tells which record was late for a row that there is not', async () => {
    const { partitions, is_in_table } = await why('city=Late', 'window=2024-03-28T11:00:00Z');
    const found = new Map(partitions.map((each) => [each.partition, each]));
    expect(is_in_table).toBe(false);
    // It is the record before it that let the watermark pass.
    expect(found.get(0)).toMatchObject({
      ...{ merged: [], late: [offset(late)], closing: { offset: offset(late) - 1 } },
    });
    expect(found.get(1)).toMatchObject({ merged: [], late: [], closing: null });
  });

  it('tells the records of a row, and leaves no consumer group behind', async () => {
    const { partitions, is_in_table } = await why('city=Brest', 'window=2024-03-28T11:30:00Z');
    expect(is_in_table).toBe(true);
    expect(partitions.flatMap(({ merged }) => merged)).toEqual([
      offset(late) - 1,
      offset(late) + 1,
    ]);
    const groups = await withAdmin(
      connectionTo(process.env['KAFKA_BROKERS']),
      'listing groups',
      (admin) => admin.listGroups(),
    );
    expect(groups.groups.filter(({ groupId }) => groupId.includes('why'))).toEqual([]);
  });
});

// Last, since it adds to the topic. Letters of the pipelines above lie in the same topic.
describe('engine dead-letters', () => {
  it('lists the letters of the pipeline with their bytes, newest first', async () => {
    const { lines } = await project.engine('dead-letters', '-f', 'letters.yaml', '--json');
    const listed = lines.map((line) => JSON.parse(line) as { id: string; offset: number });
    const ids = letters.map(({ headers }) => headers.get('engine-id'));
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const [broken] = listed.filter(({ offset }) => offset === 1);
    expect(broken).toMatchObject({ code: 'DECODE', key: 'k1', value_base64: '//4AeyI=' });
  });

  it('--retry sends records with their bytes, key, partition and time, but not what is late', async () => {
    const { lines } = await project.engine(
      ...['dead-letters', '-f', 'letters.yaml', '--retry', '--json'],
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      sent: [{ source: 'readings', letters: bad.length }],
      left: [{ letters: 1, reason: expect.stringMatching(/^are late/) as unknown }],
    });
    const all = await readTopic(name);
    const again = all.filter(({ headers }) => headers.has('engine-retry-of'));
    expect(again).toHaveLength(bad.length);
    for (const { key, value, timestamp, partition, headers } of again) {
      const [, , , , offset] = JSON.parse(headers.get('engine-retry-of') ?? '') as unknown[];
      const original = all.find((one) => one.partition === partition && one.offset === offset);
      expect({ key, value, timestamp }).toEqual({
        ...{ key: original?.key, value: original?.value, timestamp: original?.timestamp },
      });
    }
    const run = await project.engine('run', 'letters.yaml', '--until', 'end', '--json');
    expect(run.summary).toMatchObject({ records: bad.length, resumed: true });
    const letter = new Map(Object.entries(run.summary.deadLetters));
    expect(letter.values().reduce((sum, count) => sum + count)).toBe(2 * bad.length + 1);
  });
});
