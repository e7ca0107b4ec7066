import { describe, expect, test } from 'vitest';
import { codesIn, definition, found, planOf, planned } from './definition.fixture.ts';
import type { WindowNode } from './planner.ts';

const stage = (aggregate: string, group = 'group_by: [city]', window = '{ tumbling: 10m }') =>
  definition({
    stages: `w:\n  from: readings\n  window: ${window}\n  ${group}\n  aggregate:\n${aggregate
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n')}`,
    sinks: 'out: { from: w, stdout: {} }',
  });

const nodeOf = (...args: Parameters<typeof stage>): WindowNode =>
  planned(stage(...args)).stages[0] as WindowNode;

describe('a window stage', () => {
  test('gives group columns, the bounds of the window and the results, in this order', () => {
    const { columns, keys } = nodeOf('hottest: max(t)\nn: count()', 'group_by: [region, city]');
    expect(
      columns.map(({ name, type, nullable }) => `${name} ${type}${nullable ? '' : '!'}`),
    ).toEqual([
      'region string',
      'city string!',
      'window_start timestamp!',
      'window_end timestamp!',
      'hottest double!',
      'n long!',
    ]);
    expect(columns.map(({ slot }) => slot)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(keys.map(({ name, slot }) => `${name} ${slot}`)).toEqual(['region 1', 'city 0']);
  });

  test('without group_by is one group', () => {
    const { keys, columns } = nodeOf('n: count()', 'late: drop');
    expect(keys).toEqual([]);
    expect(columns.map(({ name }) => name)).toEqual(['window_start', 'window_end', 'n']);
  });

  test('computes each distinct call once, and expressions over them after closing', () => {
    const { results, after, columns, afterSlots } = nodeOf(
      'mean: avg(t)\nspread: max(t) - avg(t)\nsame: avg(t)',
    );
    expect(results.map(({ name }) => name)).toEqual(['avg(t)', 'max(t)']);
    expect(after).toMatchObject([{ operation: 'set', args: { slot: 5, name: 'spread' } }]);
    expect(columns.slice(3).map(({ name, slot }) => `${name} ${slot}`)).toEqual([
      'mean 3',
      'spread 5',
      'same 3',
    ]);
    expect(afterSlots).toBe(6);
  });

  test('shares state between calls over the same column', () => {
    const { accumulators, results } = nodeOf('a: avg(t)\nb: var_samp(t)\nc: count(t)\nd: sum(t)');
    expect(accumulators.map(({ kind, slots }) => `${kind} ${slots.join()}`)).toEqual(['moments 2']);
    expect(results.map(({ accumulator }) => accumulator)).toEqual([0, 0, 0, 0]);
  });

  test('computes arguments that are more than a column in the worker, once each', () => {
    const { operations, slots, accumulators } = nodeOf(
      'a: avg(t - felt)\nb: max(t - felt)\nc: min(t)',
    );
    expect(operations).toMatchObject([{ operation: 'set', args: { slot: 6 } }]);
    expect(slots).toBe(7);
    expect(accumulators.map(({ kind, slots }) => `${kind} ${slots.join()}`).toSorted()).toEqual([
      'max 6',
      'min 2',
      'sum 6',
    ]);
  });

  test('O1: says behind a result that stops at a cap whether there was more', () => {
    const { columns, after, results } = nodeOf(
      "some: 'count_distinct(felt, 5)'\nshare: 'count_distinct(t, 5) / count_distinct(felt, 5)'\nn: count()",
    );
    expect(
      columns.slice(3).map(({ name, type, nullable }) => `${name} ${type} ${String(nullable)}`),
    ).toEqual([
      'some long false',
      'some_saturated bool false',
      'share double true',
      'share_saturated bool false',
      'n long false',
    ]);
    expect(after).toMatchObject([
      { operation: 'set', args: { name: 'share' } },
      { operation: 'set', args: { name: 'share_saturated', value: { name: 'or' } } },
    ]);
    expect(new Set(results.map(({ accumulator }) => accumulator)).size).toBe(3);
  });

  test('may use group columns and the bounds outside of aggregates', () => {
    const { columns } = nodeOf('town: city\nfrom_: window_start\nname: upper(city)');
    expect(columns.slice(3).map(({ name, type, slot }) => `${name} ${type} ${slot}`)).toEqual([
      'town string 0',
      'from_ timestamp 1',
      'name string 3',
    ]);
  });

  test('W8: over the rows of a window, or below them, reads their columns', () => {
    const text = definition({
      stages: `
w: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
s: { from: w, where: n > 0, set: { twice: n * 2 } }
x: { from: s, window: { tumbling: 1h }, group_by: [n], aggregate: { most: max(twice), first: min(window_start) } }`,
      sinks: 'out: { from: x, stdout: {} }',
    });
    const upper = planned(text).stages[2] as WindowNode;
    expect(upper).toMatchObject({ input: 's', slots: 5, keys: [{ name: 'n', slot: 3 }] });
    expect(upper.accumulators.flatMap(({ slots }) => slots).toSorted()).toEqual([1, 4]);
    expect(upper.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'n long',
      'window_start timestamp',
      'window_end timestamp',
      'most long',
      'first timestamp',
    ]);
  });

  test('W8: over the rows of the window over the whole input has nothing to go by', () => {
    const over = (window: string): string[] =>
      found(
        definition({
          stages: `
w: { from: readings, window: { whole: true }, group_by: [city], aggregate: { n: count() } }
s: { from: w, where: n > 0 }
x: { from: s, window: { ${window} }, aggregate: { n: sum(n) } }`,
          sinks: 'out: { from: x, stdout: {} }',
        }),
      );
    expect(over('tumbling: 1h')).toEqual([
      'window-order: rows of w have no time: its window is the whole input',
    ]);
    expect(over('whole: true')).toEqual([]);
  });

  test('over the whole input has no bounds in its rows, and any name may be a result', () => {
    const { shape, columns, keys, afterSlots } = nodeOf(
      'n: count()\nspread: max(t) - min(t)\nwindow_start: min(at)',
      'group_by: [city]',
      '{ whole: true }',
    );
    expect(shape).toEqual({ kind: 'whole' });
    expect(keys.map(({ name }) => name)).toEqual(['city']);
    // Slots 1 and 2 of the frame are the bounds of any window.
    expect(columns.map(({ name, slot }) => `${name} ${slot}`)).toEqual([
      'city 0',
      'n 3',
      'spread 7',
      'window_start 6',
    ]);
    expect(afterSlots).toBe(8);
  });

  test.each(['grace', 'offset'])('over the whole input has nothing that %s could move', (key) => {
    expect(found(stage('n: count()', 'late: drop', `{ whole: true, ${key}: 5m }`))).toEqual([
      `stray-option: \`${key}\` means nothing here: the window over the whole input has no start and no end`,
    ]);
  });

  test('W6: of sessions has the bounds of any window, and no offset', () => {
    const { shape, columns, graceMs } = nodeOf(
      'n: count()',
      'group_by: [city]',
      '{ session: 30m, max: 1d, grace: 1m }',
    );
    expect(shape).toEqual({ kind: 'session', gapMs: 1_800_000, maxMs: 86_400_000 });
    expect(graceMs).toBe(60_000);
    expect(columns.map(({ name }) => name)).toEqual(['city', 'window_start', 'window_end', 'n']);
    expect(
      found(stage('n: count()', 'late: drop', '{ session: 30m, max: 1d, offset: 5m }')),
    ).toEqual([
      'stray-option: `offset` means nothing here: a session starts with its first record',
    ]);
    expect(codesIn(stage('n: count()', 'late: drop', '{ session: 30m }'))).toEqual(['missing-key']);
    expect(codesIn(stage('n: count()', 'late: drop', '{ tumbling: 30m, max: 1d }'))).toEqual([
      'stray-option',
    ]);
  });

  test('W7: counts rows, whatever their time: rows have their partition and number', () => {
    const { shape, columns, late } = nodeOf('n: count()', 'group_by: [city]', '{ count: 100 }');
    expect([shape, late]).toEqual([{ kind: 'count', size: 100 }, 'drop']);
    expect(columns.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([
      ['city', 'string', false],
      ['partition', 'int', false],
      ['window_index', 'long', false],
      ['n', 'long', false],
    ]);
    const why = 'means nothing here: records are counted as they come, whatever their time';
    const options = '{ count: 100, offset: 1m, grace: 1m }';
    expect(found(stage('n: count()', 'late: dead_letter', options))).toEqual([
      `stray-option: \`offset\` ${why}`,
      `stray-option: \`grace\` ${why}`,
      `stray-option: \`late\` ${why}`,
    ]);
    for (const size of ['0', '1.5', '-3', '10s', 'many']) {
      expect(found(stage('n: count()', 'late: drop', `{ count: ${size} }`))).toHaveLength(1);
    }
    for (const name of ['partition', 'window_index']) {
      expect(codesIn(stage(`${name}: count()`, 'late: drop', '{ count: 5 }'))).toEqual([
        'duplicate-column',
      ]);
    }
    expect(codesIn(stage('window_end: count()', 'late: drop', '{ count: 5 }'))).toEqual([]);
  });

  test('W7 W8: counts the rows of windows, but no window may follow it', () => {
    const over = (window: string, upper: string): string[] =>
      found(
        definition({
          stages: `
w: { from: readings, window: { ${window} }, group_by: [city], aggregate: { n: count() } }
s: { from: w, where: n > 0 }
x: { from: s, window: { ${upper} }, aggregate: { n: sum(n) } }`,
          sinks: 'out: { from: x, stdout: {} }',
        }),
      );
    expect(over('tumbling: 1h', 'count: 5')).toEqual([]);
    for (const upper of ['tumbling: 1h', 'count: 5', 'whole: true']) {
      expect(over('count: 5', upper)).toEqual([
        'window-order: rows of w have no time: its windows count records',
      ]);
    }
  });

  test('blames a result for its mistake alone, not whoever reads its flag, and no flag hides another', () => {
    expect(codesIn(stage("d: 'count_distinct(t, 0)'", 'having: not d_saturated'))).toEqual([
      'argument-value',
    ]);
    const both = "d: 'count_distinct(t, 9)'\nd_saturated: count()";
    expect(codesIn(stage(both))).toEqual(['duplicate-column']);
  });

  test('takes a having over its results', () => {
    const { after } = nodeOf('n: count()', 'having: n > 10');
    expect(after).toMatchObject([{ operation: 'where', args: { predicate: { name: '>' } } }]);
    expect(codesIn(stage('n: count()', 'having: m > 10'))).toEqual(['unknown-column']);
    expect(codesIn(stage('n: count()', 'having: n'))).toEqual(['not-boolean']);
  });

  test('takes a having over aggregates that are no result, each once', () => {
    const { results, columns, after, afterSlots } = nodeOf(
      'n: count()\nspread: max(t) - min(t)',
      'having: max(t) > 3 and avg(t) < spread',
    );
    expect(results.map(({ name }) => name)).toEqual(['count()', 'max(t)', 'min(t)', 'avg(t)']);
    expect(columns.map(({ name }) => name)).not.toContain('avg(t)');
    const [spread, having] = after.map(({ args }) => JSON.stringify(args));
    expect(spread).toContain(`"slot":${afterSlots - 1},`);
    expect(having).toContain(`"slot":${afterSlots - 1},`);
  });
});

describe('names in a window stage', () => {
  test('a group column is there', () => {
    expect(found(stage('n: count()\nname: upper(town)', 'group_by: [town]'))).toEqual([
      'unknown-column: there is no column town',
    ]);
  });

  test('a group column stands once', () => {
    expect(found(stage('n: count()', 'group_by: [city, city]'))).toEqual([
      'duplicate-column: city is a column of every row already',
    ]);
  });

  test('a group column is not called like the bounds of the window', () => {
    const text = definition({
      stages: `
s: { from: readings, set: { window_start: at } }
w: { from: s, window: { tumbling: 1m }, group_by: [window_start], aggregate: { n: count() } }`,
      sinks: 'out: { from: w, stdout: {} }',
    });
    expect(codesIn(text)).toEqual(['duplicate-column']);
  });

  test.each(['city', 'window_start', 'window_end'])('a result is not called %s', (name) => {
    expect(codesIn(stage(`${name}: count()`))).toEqual(['duplicate-column']);
  });

  test('a column outside of an aggregate must be grouped by', () => {
    expect(codesIn(stage('x: t'))).toEqual(['not-grouped']);
  });

  test('all wrong expressions are reported at once, and their columns are not missed', () => {
    const text = stage('a: avg(nope)\nb: avg(city)\nc: count()').replace(
      'stdout: {}',
      'where: a > 0 and b > 0 and c > 0 and d > 0, stdout: {}',
    );
    expect(codesIn(text)).toEqual(['unknown-column', 'type-mismatch', 'unknown-column']);
  });
});

test('a wrong window and its wrong aggregates are reported together', () => {
  const text = stage('a: avg(nope)', 'group_by: [city]', '{ sliding: 1m, every: 1h }');
  expect(codesIn(text)).toEqual(['slide-too-long', 'unknown-column']);
  expect(planOf(text).plan).toBeNull();
});
