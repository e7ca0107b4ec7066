import { expect, test } from 'vitest';
import { codesIn, definition, found, planned } from '../../plan/definition.fixture.ts';

const stage = (lookup: string, more = ''): string =>
  definition({
    stages: `s:\n  from: readings\n  lookup: ${lookup}\n${more}`,
    sinks: 'out: { from: s, stdout: {} }',
  });

test('adds text columns, null where a row is not in the file, and what follows reads them', () => {
  const text = stage(
    '{ file: cities.csv, on: { city: name }, take: [area, code] }',
    '  set:\n    where: upper(area)\n'.replace('where', 'loud'),
  );
  const [node] = planned(text).stages;
  expect(node?.columns.slice(-3).map(({ name, type, nullable }) => [name, type, nullable])).toEqual(
    [
      ['area', 'string', true],
      ['code', 'string', true],
      ['loud', 'string', true],
    ],
  );
  expect(node?.operations[0]).toMatchObject({
    operation: 'lookup',
    args: {
      file: 'cities.csv',
      missing: 'null',
      table: null,
      on: [{ name: 'city', column: 'name' }],
    },
  });
});

test.each(['drop', 'dead_letter'])('with missing: %s its columns are never null', (missing) => {
  const text = stage(`{ file: c.csv, on: { city: name }, take: [area], missing: ${missing} }`);
  expect(planned(text).stages[0]?.columns.at(-1)).toMatchObject({ name: 'area', nullable: false });
});

test('missing: null may be written without quotes', () => {
  expect(found(stage('{ file: c.csv, on: { city: name }, take: [area], missing: null }'))).toEqual(
    [],
  );
});

test('the column looked up is there, and is text', () => {
  expect(codesIn(stage('{ file: c.csv, on: { town: name }, take: [area] }'))).toEqual([
    'unknown-column',
  ]);
  expect(found(stage('{ file: c.csv, on: { t: name }, take: [area] }'))).toEqual([
    'type-mismatch: t is double, and what stands in a CSV file is text',
  ]);
  expect(codesIn(stage('{ file: c.csv, on: { city: name }, take: [area, area] }'))).toEqual([
    'duplicate-column',
  ]);
  expect(codesIn(stage('{ file: ../c.csv, on: { city: name }, take: [area] }'))).toEqual([
    'path-outside',
  ]);
});
