import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from './project.fixture.ts';

// Without servers: the topics are kept in the project.
const feeder = `
name: feeder
connections: { kafka: { brokers: embedded } }
sources:
  lines:
    file: lines.ndjson
    schema: { city: string!, date: timestamp!, temperature: string }
    event_time: { column: date, iso: true }
sinks:
  readings: { from: lines, kafka: { topic: readings, key: city } }
`;

/** \`temperature\` is a number here, which some of the lines have not. */
const reader = (temperature: string): string => `
name: reader
connections:
  kafka: { brokers: embedded }
  cassandra: { contact_points: embedded, local_data_center: dc, keyspace: letters }
sources:
  readings:
    kafka: { topic: readings, start: earliest }
    schema: { city: string!, date: timestamp!, temperature: ${temperature} }
    event_time: { column: date, iso: true }
    watermark: { out_of_order: 10s }
stages:
  minutes:
    from: readings
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { n: count() }
    late: dead_letter
sinks:
  minutes: { from: minutes, cassandra: { table: minutes, primary_key: [[city], window_start] } }
errors: { dead_letter: { kafka: { topic: letters } } }
`;

const line = (city: string, time: string, temperature: unknown): string =>
  `${JSON.stringify({ city, date: `2024-03-28T${time}Z`, temperature })}\n`;

const project = new Project();

interface Letter {
  readonly code: string;
  readonly stage: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
  readonly timestamp: string;
}

async function list(...flags: string[]): Promise<Letter[]> {
  const run = await project.engine('dead-letters', '--json', ...flags);
  return run.lines.map((text) => JSON.parse(text) as Letter);
}

async function retry(...flags: string[]): Promise<unknown> {
  const run = await project.engine('dead-letters', '--retry', '--json', ...flags);
  return JSON.parse(run.lines[0] ?? '');
}

beforeAll(async () => {
  project.write('feeder.yaml', feeder);
  project.write('reader.yaml', reader('double!'));
  project.write(
    'lines.ndjson',
    [
      line('Brest', '12:00:01', '"8"'),
      line('Brest', '12:00:02', null),
      line('Brest', '12:09:00', 'cold'),
      line('Lille', '12:00:03', '9'),
    ].join(''),
  );
  await project.engine('run', 'feeder.yaml', '--json');
  await project.engine('run', 'reader.yaml', '--until', 'end', '--json');
});
afterAll(() => project.remove());

describe('engine dead-letters without a broker', () => {
  it('lists what could not be read, newest first, with the bytes as they are', async () => {
    const letters = await list();
    expect(letters.map(({ code, stage }) => `${code} ${stage}`)).toEqual(
      Array.from({ length: 4 }, () => 'SCHEMA readings'),
    );
    const [first] = letters;
    expect(first).toMatchObject({ key: 'Brest', timestamp: '2024-03-28T12:09:00Z' });
    expect(JSON.parse(first?.value ?? '')).toMatchObject({ temperature: 'cold' });
    expect(await list('--limit', '1')).toEqual([first]);
    expect(await list('-f', 'reader.yaml', '--code', 'late')).toEqual([]);
  });

  it('counts them by code and stage', async () => {
    const { lines, stderr } = await project.engine('dead-letters', '--limit', '2');
    expect(lines[1]).toMatch(/^SCHEMA +readings +4$/);
    expect(lines.slice(3, 6)).toEqual([
      'readings 2@2  2024-03-28T12:09:00Z  SCHEMA  at readings: field temperature: expected double, found string',
      '    Brest',
      '    {"city":"Brest","date":"2024-03-28T12:09:00Z","temperature":"cold"}',
    ]);
    expect(stderr).toContain('reader: 4 dead letters in topic letters (.engine/topics)');
    expect(stderr).toContain('the newest 2 (--limit all prints them)');
  });

  it('R6: has each letter once when a run that was started over writes them again', async () => {
    await project.engine('run', 'reader.yaml', '--until', 'end', '--fresh', '--json');
    expect(await list()).toHaveLength(4);
    const { stderr } = await project.engine('dead-letters');
    expect(stderr).toContain('4 came once more, as they may after a crash');
  });

  it('sends records again as they were, once, and says which letter they are of', async () => {
    expect(await retry('--limit', '3')).toEqual({
      ...{ pipeline: 'reader', left: [], sent: [{ source: 'readings', letters: 3 }] },
    });
    expect(await retry()).toEqual({
      pipeline: 'reader',
      sent: [{ source: 'readings', letters: 1 }],
      left: [{ reason: 'have been sent again before', letters: 3 }],
    });
    const { lines } = await project.engine('tail', 'readings', '--json', '-n', '20');
    const records = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(records).toHaveLength(8);
    const sent = records.filter(({ headers }) => JSON.stringify(headers).includes('engine-retry'));
    for (const { key, value, timestamp, partition, headers } of sent) {
      const [original] = records.filter((one) => one['value'] === value);
      expect(original).toMatchObject({ key, timestamp, partition });
      const id = ['reader', 'readings', 'readings', partition, original?.['offset']];
      expect(headers).toEqual([['engine-retry-of', JSON.stringify(id)]]);
    }
    expect(sent).toHaveLength(4);
    await project.engine('run', 'reader.yaml', '--until', 'end', '--json');
    expect(await list()).toHaveLength(8);
  });

  it('sends nothing that a changed definition reads anyway', async () => {
    project.write('reader.yaml', reader('string'));
    expect(await retry()).toMatchObject({
      sent: [],
      left: [{ letters: 4 }, { letters: 4, reason: expect.stringContaining('--fresh') as unknown }],
    });
    const run = await project.engine('run', 'reader.yaml', '--until', 'end', '--fresh', '--json');
    expect(run.summary.deadLetters).toEqual({ LATE: 2 });
  });
});
