import { expect, test } from 'vitest';
import { definition, found, planned } from '../../plan/definition.fixture.ts';

const schema = 'schema: { at: long!, value: double }';
const configOf = (simulate: string): unknown =>
  planned(definition({ source: `${simulate}\n${schema}` })).sources[0]?.connector.config;

test('sensors read at a rate, as often as each other or not, in order or not', () => {
  const source =
    'simulate: { dataset: sensors, rate: 90/1m, keys: 7, distribution: zipf, disorder: 5s }';
  expect(configOf(source)).toMatchObject({
    ...{ scenario: 'sensors', rate: 1.5, keys: 7, distribution: 'zipf', disorderMs: 5000 },
  });
});

test('what is not written has its default', () => {
  expect(configOf('simulate: weather')).toMatchObject({ spanMs: 86_400_000, everyMs: 30_000 });
  expect(configOf('simulate: sensors')).toMatchObject({
    ...{ rate: 10, keys: 100, distribution: 'uniform', disorderMs: 0, pace: 0 },
  });
});

test.each([
  ['simulate: weather\nkeys: 7', '`keys` belongs to `simulate: sensors`'],
  ['simulate: { dataset: sensors, every: 5s }', '`every` belongs to `simulate: weather`'],
])('%j: a field of the other data set is a mistake', (source, message) => {
  expect(found(definition({ source: `${source}\n${schema}` }))).toEqual([
    `stray-option: ${message}`,
  ]);
});
