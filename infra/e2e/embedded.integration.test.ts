import { createHash } from 'node:crypto';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWeather } from '../../engine/io/embedded/weather.ts';
import { weatherRows } from '../oracles/weather.ts';
import type { EngineRun } from './engine-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { type Row, expectRows } from './rows.fixture.ts';

// The default of the shipped definition: no environment, no servers.
const DAY = 86_400_000;
const simulation = openWeather({
  scenario: 'weather',
  spanMs: DAY,
  everyMs: 30_000,
  seed: 1,
  startMs: Date.parse('2024-03-28T00:00:00+01:00'),
});
const input = Array.from({ length: simulation.partitions }, (_, partition) =>
  Array.from({ length: simulation.rounds * simulation.recordsPerRound(partition) }, (_, index) =>
    simulation.record(partition, index),
  ),
);

const tenMinutes = {
  key: ['city', 'window_start'],
  about: ['avg_temperature', 'variance_temperature'],
};
const project = new Project();
let first: EngineRun;
let firstRows: Tables;

interface Tables {
  readonly felt: Row[];
  readonly tenMinutes: Row[];
  readonly lastHour: Row[];
}

function tables(): Tables {
  const file = project.path('.engine/embedded/weather_keyspace.db');
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (table: string): Row[] =>
    (database.prepare(`SELECT * FROM ${table}`).all() as Row[]).map((row) => ({ ...row }));
  try {
    return {
      felt: all('weather_table'),
      tenMinutes: all('weather_10m'),
      lastHour: all('weather_1h'),
    };
  } finally {
    database.close();
  }
}

/** Of the rows in the order of their keys, all columns by name; O3: sums may differ in the last digits. */
function digestOf(rows: readonly Row[], key: readonly string[]): string {
  const text = (cell: Row[string] | undefined): string =>
    typeof cell === 'number' && !Number.isInteger(cell) ? cell.toPrecision(7) : String(cell);
  const texts = rows.map((row) => {
    const names = Object.keys(row).sort();
    return [...key, ...names].map((name) => `${name}=${text(row[name])}`).join(' ');
  });
  return createHash('sha256').update(texts.sort().join('\n')).digest('hex').slice(0, 16);
}

beforeAll(async () => {
  copyFileSync(
    join(import.meta.dirname, '../../pipelines/weather.yaml'),
    project.path('weather.yaml'),
  );
  first = await project.engine('run', 'weather.yaml', '--json');
  firstRows = tables();
});
afterAll(() => project.remove());

describe('pipelines/weather.yaml without servers', () => {
  it('says that the weather is simulated, and runs to its end', () => {
    expect(first.stderr).toContain('no broker configured (KAFKA_BROKERS): simulated weather, 24 h');
    expect(first.summary).toMatchObject({ finished: true, provisional: false, late: 0 });
    expect(first.summary.records).toBe(input.flat().length);
    expect(first.summary.deadLetters).toEqual({});
  });

  const expected = weatherRows(input, { ended: true });

  it('O4: writes a row for each reading', () => {
    expectRows(firstRows.felt, expected.felt, { key: ['city', 'date'] });
  });

  it('W1, W2, T7: writes all windows as an independent computation has them', () => {
    expect(expected.tenMinutes).toHaveLength(12 * 6 * 24);
    expectRows(
      firstRows.tenMinutes,
      expected.tenMinutes.map(({ complete: _, ...row }) => row),
      tenMinutes,
    );
  });

  it('R7: has the same rows after a second run, which starts afresh', async () => {
    const second = await project.engine('run', 'weather.yaml', '--json');
    expect(second.summary).toMatchObject({ records: first.summary.records, resumed: false });
    const again = tables();
    expectRows(again.felt, firstRows.felt, { key: ['city', 'date'] });
    expectRows(again.tenMinutes, firstRows.tenMinutes, tenMinutes);
    expectRows(again.lastHour, firstRows.lastHour, {
      key: ['city', 'window_start'],
      about: ['avg_temperature', 'stddev_temperature'],
    });
  });

  it('has the rows that it always had', () => {
    expect({
      felt: digestOf(firstRows.felt, ['city', 'date']),
      tenMinutes: digestOf(firstRows.tenMinutes, ['city', 'window_start']),
    }).toMatchInlineSnapshot(`
      {
        "felt": "7d9361aeb543fad0",
        "tenMinutes": "604e786abfdd045b",
      }
    `);
  });

  it('lists twelve cities when it is queried', async () => {
    const query = await project.engine('query', 'weather_10m', '--json', '--limit', '2000');
    const cities = new Set(query.lines.map((line) => (JSON.parse(line) as Row)['city']));
    expect(cities.size).toBe(12);
  });

  it('L1: accounts for the records of each stage and partition', async () => {
    const sizes = input.map(({ length }) => length);
    const { stages, partitions } = first.summary.ledger;
    const all = sizes.reduce((sum, size) => sum + size);
    expect(stages).toEqual([
      { stage: 'felt', in: all, counts: { out: all } },
      { stage: 'ten_minutes', in: all, counts: { merged: all, rows: 12 * 6 * 24 } },
      { stage: 'last_hour', in: all, counts: { merged: all, rows: firstRows.lastHour.length } },
    ]);
    expect(partitions.map(({ records }) => records)).toEqual(sizes);
    const status = await project.engine('status', 'weather', '--json');
    expect(JSON.parse(status.lines[0] ?? '')).toMatchObject({
      partitions: sizes.map((records, partition) => ({ partition, counts: { records } })),
    });
  });

  it('tells which readings made a row of a window, and shows them', async () => {
    const why = await project.engine(
      ...['why', 'weather_10m', 'city=Paris', 'window=2024-03-28T10:00:00Z'],
      ...['--records', '--limit', '500', '--json'],
    );
    // 11:00 to 11:10 of Paris, by their texts.
    const made = input.flatMap((log, partition) =>
      log.flatMap((text, offset) =>
        /"date": "2024-03-28 11:0\d:.*"city": "Paris"/.test(text)
          ? [{ partition, offset, text }]
          : [],
      ),
    );
    const [row, ...records] = why.lines.map((line) => JSON.parse(line) as Row);
    expect(row).toMatchObject({
      window: { stage: 'ten_minutes', closes_at: '2024-03-28T10:12:00Z', closed: true },
      is_in_table: true,
    });
    const { partitions } = row as unknown as {
      partitions: { partition: number; merged: unknown }[];
    };
    for (const { partition, merged } of partitions) {
      const offsets = made.filter((one) => one.partition === partition).map(({ offset }) => offset);
      expect(merged).toEqual(offsets);
    }
    const { n } = firstRows.tenMinutes.find(
      (one) =>
        one['city'] === 'Paris' && one['window_start'] === Date.parse('2024-03-28T10:00:00Z'),
    ) as { n: number };
    expect(made).toHaveLength(n);
    expect(records.map(({ value }) => value)).toEqual(made.map(({ text }) => text));
  });

  it('tells its status afterwards, and that nothing runs any more', async () => {
    const status = await project.engine('status', 'weather', '--json');
    expect(JSON.parse(status.lines[0] ?? '')).toMatchObject({
      ...{ pipeline: 'weather', condition: 'stopped', error: null },
      progress: { records: first.summary.records, lag: 0 },
      partitions: [{ source: 'readings', nextOffset: input[0]?.length }, {}, {}, {}],
    });
    await expect(project.engine('status', '--healthy')).rejects.toThrow('no pipeline runs here');
    await expect(project.engine('status', 'weather', '--healthy')).rejects.toThrow(
      'weather is stopped',
    );
  });

  it('keeps everything below .engine of the project', () => {
    expect(existsSync(project.path('.engine/state/weather'))).toBe(true);
  });
});
