import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeWeather, openFakeWeather } from '../fake/openweathermap.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { type ReadRecord, readTopic } from './topic.fixture.ts';

const PIPELINES = join(import.meta.dirname, '../../pipelines');
const KEY = 'a-key-that-must-not-be-seen';
const FAILING = ['Lille', 'Brest', 'Rennes', 'Nantes', 'Nice'];
const topic = freshName('producer');

let fake: FakeWeather;
let project: Project;
let run: EngineRun;
let records: ReadRecord[];

beforeAll(async () => {
  fake = await openFakeWeather();
  fake.script('Lille', '404');
  fake.script('Brest', '500');
  fake.script('Rennes', 'slow');
  fake.script('Nantes', 'html');
  fake.script('Nice', 'cut');
  project = new Project({ ...serverVariables(), OPENWEATHERMAP_URL: fake.url });
  mkdirSync(project.path('pipelines'));
  const definition = readFileSync(join(PIPELINES, 'producer.yaml'), 'utf8')
    .replaceAll('kafka-weather-events', topic)
    .replace('rate: 60/1m', 'rate: 600/1m')
    .replace('timeout: 10s', 'timeout: 1s');
  project.write('pipelines/producer.yaml', definition);
  project.write('pipelines/cities.csv', readFileSync(join(PIPELINES, 'cities.csv')));
  // As the original project had it.
  project.write('.env', `export API_KEY = "${KEY}"\n`);
  run = project.start('run', 'pipelines/producer.yaml', '--json');
  await run.until('three rounds', () => (run.latest?.rows ?? 0) >= 21);
  run.kill('SIGTERM');
  await run.exitCode();
  records = await readTopic(topic);
});
afterAll(async () => {
  await project.remove();
  await fake.close();
});

const valueOf = ({ value }: ReadRecord): Record<string, unknown> =>
  JSON.parse(Buffer.from(value ?? []).toString()) as Record<string, unknown>;

/** Every file below a directory. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());

describe('pipelines/producer.yaml', () => {
  it('writes events as the original project had them, keyed by city', () => {
    expect(run.summary).toMatchObject({ deadLetters: {} });
    expect(records.length).toBeGreaterThanOrEqual(21);
    for (const record of records) {
      const event = valueOf(record);
      expect(event).toMatchObject({
        date: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as unknown,
        city: Buffer.from(record.key ?? []).toString(),
      });
      for (const name of ['lon', 'lat', 'temperature', 'feels_like']) {
        expect(typeof event[name]).toBe('number');
      }
    }
  });

  it('goes on with the other cities when some fail, in every way they can', () => {
    const counts = Map.groupBy(records, (record) => String(valueOf(record)['city']));
    expect(counts.size).toBe(12 - FAILING.length);
    for (const city of FAILING) expect(counts.has(city)).toBe(false);
    for (const events of counts.values()) expect(events.length).toBeGreaterThanOrEqual(3);
    for (const city of FAILING) expect(run.stderr).toContain(city);
    expect(new Set(fake.calls)).toEqual(new Set([...counts.keys(), ...FAILING]));
  });

  it('sends the key and shows it nowhere', async () => {
    expect(fake.keys).toEqual(new Set([KEY]));
    const explained = await project.engine('explain', 'pipelines/producer.yaml');
    for (const text of [run.text(), explained.text()]) expect(text).not.toContain(KEY);
    const files = filesIn(project.path('.engine'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(readFileSync(file).includes(KEY)).toBe(false);
  });
});
