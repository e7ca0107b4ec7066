import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sqliteSink } from '../io/embedded/sqlite.ts';
import { batchOf, recorder, type Shape } from '../io/sink-contract.suite.ts';
import { connectionTo, tableNode } from '../io/table/node.fixture.ts';
import type { LastRun } from '../run/last-run.ts';
import { register } from './query.ts';

const shape: Shape = {
  columns: [
    { name: 'city', type: 'string', nullable: false },
    { name: 'window_start', type: 'timestamp', nullable: false },
    { name: 'window_end', type: 'timestamp', nullable: false },
    { name: 'max_temperature', type: 'float', nullable: true },
  ],
  partitionKey: ['city'],
  clusteringKey: ['window_start'],
  ttlMs: null,
};

const start = 1_711_580_400_000;
const minutes = (count: number): number => count * 60_000;
const project = mkdtempSync(join(tmpdir(), 'engine-query-'));
const node = tableNode('sqlite', connectionTo('weather_keyspace', []), {
  table: 'weather_10m',
  shape,
});

function writeRun(provisional: boolean): void {
  const run: LastRun = {
    pipeline: 'weather',
    file: 'weather.yaml',
    provisional,
    sinks: [
      {
        name: 'windows',
        connector: node.connector,
        columns: shape.columns,
        window: { stage: 'ten_minutes', graceMs: minutes(2), closedUpTo: start + minutes(12) },
      },
    ],
  };
  writeFileSync(join(project, '.engine', 'last-run.json'), JSON.stringify([run]));
}

beforeAll(async () => {
  mkdirSync(join(project, '.engine'));
  writeFileSync(join(project, 'package.json'), '{}');
  const sink = sqliteSink(node, recorder().context, join(project, '.engine'));
  await sink.open(null);
  await sink.write(
    batchOf(
      shape.columns,
      ['Paris', 'Brest'].flatMap((city) => [
        [city, start, start + minutes(10), Math.fround(9.91)],
        [city, start + minutes(10), start + minutes(20), null],
      ]),
      { kind: 'window', stage: 'ten_minutes' },
    ),
  );
  await sink.close();
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

let out = '';
let notes = '';
beforeEach(() => {
  out = '';
  notes = '';
  writeRun(false);
  vi.spyOn(process, 'cwd').mockReturnValue(project);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((notes += String(text)), true));
});
afterEach(() => void vi.restoreAllMocks());

async function query(...argv: string[]): Promise<string> {
  const program = new Command('engine').exitOverride();
  register(program);
  await program.parseAsync(['query', ...argv], { from: 'user' });
  return out;
}

describe('engine query', () => {
  it('prints rows of windows in order of time and group', async () => {
    expect(await query('windows')).toBe(`\
city   window_start          window_end            max_temperature
-----  --------------------  --------------------  ---------------
Brest  2024-03-27T23:00:00Z  2024-03-27T23:10:00Z             9.91
Paris  2024-03-27T23:00:00Z  2024-03-27T23:10:00Z             9.91
Brest  2024-03-27T23:10:00Z  2024-03-27T23:20:00Z
Paris  2024-03-27T23:10:00Z  2024-03-27T23:20:00Z
`);
    expect(notes).toBe('');
  });

  it('finds the table by name, filters, and says what the limit left out', async () => {
    expect(await query('weather_10m', '--where', 'city=Paris', '--limit', '1', '--json')).toBe(
      '{"city":"Paris","window_start":"2024-03-27T23:00:00Z","window_end":"2024-03-27T23:10:00Z","max_temperature":9.91}\n',
    );
    expect(notes).toBe('rows 1 to 1; 2 match (--limit all prints them)\n');
  });

  it('R7: marks windows that were still open when the run ended', async () => {
    writeRun(true);
    await query('windows', '--json', '--where', 'city=Brest');
    expect(out.match(/"complete":\w+/g)).toEqual(['"complete":true', '"complete":false']);
  });

  it('says so when nothing matches', async () => {
    expect(await query('windows', '--where', 'max_temperature>10')).toBe('');
    expect(notes).toBe('no rows\n');
  });

  it.each([
    [['rows'], 'the sinks are windows'],
    [['windows', '--where', 'town=Paris'], 'there is no column "town"'],
    [['windows', '--where', 'window_start=soon'], '"soon" is not a value for window_start'],
    [['windows', '--where', 'city'], 'cannot read the condition "city"'],
  ])('%j is a mistake it explains', async (argv, message) => {
    await expect(query(...argv)).rejects.toThrow(message);
  });

  it('says what to do when nothing has run yet', async () => {
    rmSync(join(project, '.engine', 'last-run.json'));
    await expect(query('windows')).rejects.toThrow('nothing has run here yet');
  });
});
