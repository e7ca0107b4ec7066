import { describe, expect, test } from 'vitest';
import { explainPlan } from '../explain.ts';
import { lookupsIn } from './lookups.fixture.ts';
import { sharePasses } from './one-pass.ts';
import { repliesOf, sourceOf } from './random-pipeline.fixture.ts';
import { rewritten } from './rewritten.fixture.ts';

const source = sourceOf('earlier');

const windowOf = (name: string, window: string, group = '[city]', most = 't'): string =>
  `${name}: { from: readings, window: { ${window} }, ${group === '' ? '' : `group_by: ${group}, `}aggregate: { most: max(${most}) } }`;

function shared(...windows: readonly string[]) {
  const sinks = windows.map((each) => each.slice(0, each.indexOf(':')));
  const { plan, rewrites } = rewritten(sharePasses, {
    source,
    stages: windows.join('\n'),
    sinks: sinks.map((name) => `${name}: { from: ${name}, stdout: {} }`).join('\n'),
  });
  const marks = plan.stages.map((each) =>
    each.kind === 'window' ? [each.keysOf ?? null, each.panesOf ?? null] : [],
  );
  return { plan, rewrites, marks };
}

describe('windows over the same rows', () => {
  test('look their keys up together, and find panes together that are the same', () => {
    const { plan, rewrites, marks } = shared(
      windowOf('a', 'tumbling: 10m'),
      windowOf('b', 'sliding: 1h, every: 5m'),
      windowOf('c', 'tumbling: 5m', '[n]'),
      windowOf('d', 'sliding: 20m, every: 5m', '[n]', 't + 1'),
    );
    expect(marks).toEqual([
      [null, null],
      ['a', null],
      [null, 'b'],
      ['c', 'b'],
    ]);
    expect(rewrites).toEqual([
      'b: city is looked up once, with a',
      'c: panes are found once, with b',
      'd: n is looked up once, with c',
      'd: panes are found once, with b',
    ]);
    const text = explainPlan(plan);
    expect(text).toContain('partial aggregates by city and pane, in one pass with a\n');
    expect(text).toContain('partial aggregates by n and pane, in one pass with c and b\n');
  });

  test.each([
    [
      'group by other columns, in other panes',
      [windowOf('a', 'tumbling: 10m'), windowOf('b', 'tumbling: 5m', '[n]')],
    ],
    [
      'group by none, in other panes',
      [windowOf('a', 'tumbling: 10m', ''), windowOf('b', 'tumbling: 5m', '')],
    ],
    [
      'may lose rows on the way',
      [
        windowOf('a', 'tumbling: 10m', '[city]', 'cast(city as int)'),
        windowOf('b', 'tumbling: 10m'),
      ],
    ],
    [
      'read other rows',
      [
        windowOf('a', 'tumbling: 10m'),
        windowOf('b', 'tumbling: 10m').replace('from: readings', 'from: z'),
        'z: { from: readings, where: t > 3 }',
      ],
    ],
  ])('share nothing where they %s', (_, windows) => {
    const { marks, rewrites } = shared(...windows);
    expect(marks.flat().filter((mark) => mark !== null)).toEqual([]);
    expect(rewrites).toEqual([]);
  });

  test('have each key looked up once in the worker', () => {
    const windows = [windowOf('a', 'tumbling: 10m'), windowOf('b', 'sliding: 1h, every: 5m')];
    const { plan } = shared(...windows);
    const alone = { ...plan, stages: plan.stages.slice(0, 1), sinks: plan.sinks.slice(0, 1) };
    const rows = ['x', 'y', 'x'].map((city) => ({ city, t: 1, date: '2024-03-28 10:00:00' }));
    expect(lookupsIn(() => repliesOf(plan, rows))).toBeGreaterThan(0);
    // `repliesOf` reads the rows once for the aggregates, and again for late records of each window.
    expect(lookupsIn(() => repliesOf(plan, rows))).toBe(lookupsIn(() => repliesOf(alone, rows)));
  });
});
