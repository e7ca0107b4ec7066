import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { definition, planned } from '../plan/definition.fixture.ts';
import { differences, shapeOf } from '../plan/shape.ts';
import { withTables } from './lookups.ts';

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'engine-tables-'));
});
afterAll(() => rmSync(project, { recursive: true }));

it('R3: a table of another content is another shape, and says so', async () => {
  const plan = planned(
    definition({
      stages:
        's:\n  from: readings\n  lookup: { file: cities.csv, on: { city: name }, take: [area] }\n',
      sinks: 'out: { from: s, stdout: {} }',
    }),
  );
  const shapeWith = async (text: string): Promise<ReturnType<typeof shapeOf>> => {
    writeFileSync(join(project, 'cities.csv'), text);
    return shapeOf(await withTables(plan, project));
  };
  const before = await shapeWith('name,area\nBrest,west\n');
  expect(differences(before, await shapeWith('name,area\nBrest,west\n'))).toEqual([]);
  const text = (rows: string): unknown =>
    expect.stringMatching(
      new RegExp(
        `^s: lookup is cities.csv \\(${rows}, \\w{16}\\) on city = name take area, missing null, was `,
      ),
    );
  expect(differences(before, await shapeWith('name,area\nBrest,far west\n'))).toEqual([
    text('1 rows'),
  ]);
});
