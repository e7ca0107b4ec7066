import { describe, expect, test } from 'vitest';
import { definition, found, planned } from '../../plan/definition.fixture.ts';

const columnsOf = (stage: string): string[] => {
  const text = definition({
    stages: `some: { from: readings, ${stage} }`,
    sinks: 'out: { from: some, stdout: {} }',
  });
  return planned(text).sinks[0]?.columns.map(({ name }) => name) ?? [];
};
const all = columnsOf('where: n > 0');

const problems = (stage: string, before = ''): string[] =>
  found(
    definition({
      stages: `${before}\nsome: { from: ${before === '' ? 'readings' : 'w'}, ${stage} }`,
      sinks: 'out: { from: some, stdout: {} }',
    }),
  );
const window =
  'w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { m: max(t), k: count() } }';

describe('select and omit', () => {
  test('select keeps columns in the order named, those that are set in the stage too', () => {
    expect(columnsOf('select: [t, city]')).toEqual(['t', 'city']);
    expect(columnsOf('select: [gap, city], set: { gap: t - felt }')).toEqual(['gap', 'city']);
  });

  test('omit keeps the others as they are, and runs after select', () => {
    expect(columnsOf('omit: [t]')).toEqual(all.filter((name) => name !== 't'));
    expect(columnsOf('omit: [t], select: [t, city, n]')).toEqual(['city', 'n']);
  });

  test('what is left out is not there any more below', () => {
    const text = definition({
      stages: `
some: { from: readings, select: [city] }
next: { from: some, where: t > 0 }`,
      sinks: 'out: { from: next, stdout: {} }',
    });
    expect(found(text)).toEqual(['unknown-column: there is no column t']);
  });

  test('windows may follow, and read what is left', () => {
    const text = definition({
      stages: `
some: { from: readings, select: [city, t] }
w: { from: some, window: { tumbling: 1m }, group_by: [city], aggregate: { m: max(t) } }`,
      sinks: 'out: { from: w, stdout: {} }',
    });
    expect(found(text)).toEqual([]);
  });

  test.each([
    ['select: [town]', ['unknown-column: there is no column town']],
    ['select: [city, city]', ['duplicate-column: city is named twice']],
    ['omit: [town]', ['unknown-column: there is no column town']],
    [`omit: [${all.join(', ')}]`, ['invalid-value: `omit` leaves no column']],
  ])('%s is told what is wrong', (stage, expected) => {
    expect(problems(stage)).toEqual(expected);
  });

  test('rows of a window keep what says which window they are of', () => {
    const message = (name: string): string =>
      `row-identity: ${name} says which window a row is of: it cannot be left out`;
    expect(problems('select: [city, m]', window)).toEqual(
      ['window_start', 'window_end'].map(message),
    );
    expect(problems('omit: [city]', window)).toEqual([message('city')]);
    expect(problems('omit: [k]', window)).toEqual([]);
  });
});
