import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLookupTable } from './lookup-table.ts';

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'engine-lookup-'));
});
afterAll(() => rmSync(project, { recursive: true }));

const wanted = { file: 'cities.csv', on: ['name'], take: ['region', 'code'] };
const put = (text: string): void => writeFileSync(join(project, 'cities.csv'), text);

it('reads keys and the columns wanted, in any order of columns', async () => {
  put('code,name,lat,region\n29,Brest,48.4,Bretagne\n,"Saint-Malo, Paramé",48.6,Bretagne\n');
  const { keys, values, hash } = await readLookupTable(wanted, project);
  expect(keys).toEqual([['Brest'], ['Saint-Malo, Paramé']]);
  expect(values).toEqual([
    ['Bretagne', 'Bretagne'],
    ['29', ''],
  ]);
  put('code,name,lat,region\n29,Brest,48.4,Bretagne\n');
  expect((await readLookupTable(wanted, project)).hash).not.toBe(hash);
});

it.each([
  ['name,region\nBrest,Bretagne\n', 'it has no column code (it has name, region)'],
  ['nam,region,code\nBrest,Bretagne,29\n', 'it has no column name (did you mean nam?)'],
  ['name,region,code\nBrest,a,1\nBrest,b,2\n', 'Brest is in it twice'],
  ['name,region,code\nBrest,a\n', 'row 1 has 2 fields, the header 3'],
  ['', 'it is empty'],
])('refuses %j', async (text, problem) => {
  put(text);
  await expect(readLookupTable(wanted, project)).rejects.toMatchObject({
    code: 'ENG_FILE_READ',
    message: `cannot look anything up in cities.csv: ${problem}`,
  });
});

it('refuses a file that is not there', async () => {
  const nowhere = { ...wanted, file: 'nowhere.csv' };
  await expect(readLookupTable(nowhere, project)).rejects.toThrow('there is no such file');
});
