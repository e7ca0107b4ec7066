import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { Project } from '../project.fixture.ts';

const geography = fileURLToPath(new URL('./geography.ts', import.meta.url));
const wind = readFileSync(new URL('./wind.yaml', import.meta.url), 'utf8');
const project = new Project();

afterAll(() => project.remove());

/** The places of all rows below a directory. */
function placesIn(name: string): (string | null)[] {
  const directory = project.path(name);
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((file) => file.endsWith('.ndjson'));
  return files
    .flatMap((file) => readFileSync(`${directory}/${file}`, 'utf8').trimEnd().split('\n'))
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { place: string | null }).place);
}

it('engine up --extension: stream and batch layer have the stages of a module', async () => {
  const stations = [
    { lat: 48.9, lon: 2.3, speed: 2, at: '2024-03-28T10:00:00Z' },
    { lat: 43.3, lon: 5.4, speed: 5, at: '2024-03-28T10:00:02Z' },
  ];
  project.write('in.ndjson', stations.map((one) => JSON.stringify(one)).join('\n'));
  const stream = wind.replace('data/*.ndjson', 'in.ndjson');
  project.write('stream.yaml', stream);
  project.write(
    'batch.yaml',
    stream.replace('name: wind', 'name: calm').replace('out/{part}', 'batch/{part}'),
  );
  const up = project.start(
    ...['up', 'stream.yaml', '--batch', 'batch.yaml', '--batch-every', '1s', '--no-servers'],
    ...['--port', '0', '--extension', geography],
  );
  for (const rows of ['out', 'batch']) await up.until(rows, () => placesIn(rows).length > 1);
  up.kill('SIGTERM');
  expect(await up.exitCode()).toBe(0);
  const places = new Set(['42:4', '48:2']);
  expect(new Set(placesIn('out'))).toEqual(places);
  // As often as there were rounds.
  expect(new Set(placesIn('batch'))).toEqual(places);
});

it('engine up without the module says what is unknown, and starts nothing', async () => {
  const up = project.start('up', 'stream.yaml', '--batch', 'batch.yaml', '--no-servers');
  expect(await up.exitCode()).toBe(2);
  expect(up.stderr).toContain('unknown-key');
});
