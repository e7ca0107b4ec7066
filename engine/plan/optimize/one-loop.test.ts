import { describe, expect, test } from 'vitest';
import { SourceProgram } from '../../../workers/program.ts';
import { explainPlan } from '../explain.ts';
import { explainProgram } from '../explain-program.ts';
import { fuseStages } from './one-loop.ts';
import { sourceOf } from './random-pipeline.fixture.ts';
import { rewritten } from './rewritten.fixture.ts';

const source = sourceOf('earlier');
const fused = (stages: string, sinks: string) => {
  const { plan, rewrites } = rewritten(fuseStages, { source, stages, sinks });
  const names = [...plan.stages, ...plan.sinks].flatMap(({ name, fused }) => (fused ? [name] : []));
  return { plan, rewrites, names };
};

/** How many loops the worker runs. */
const loopsOf = ({ plan }: ReturnType<typeof fused>): number =>
  new SourceProgram(plan, 0, 1).source.split('return function').length - 1;

const stages = `one: { from: readings, where: t > 1, set: { a: t + 1 } }
two: { from: one, omit: [spare] }
three: { from: two, where: a < 9 }
hours: { from: three, window: { tumbling: 1h }, aggregate: { most: max(a * 2) } }`;

describe('stages in a row', () => {
  test('are one loop, up to the window or sink that reads the last', () => {
    const found = fused(stages, 'out: { from: hours, stdout: {} }');
    expect(found.rewrites).toEqual(['one, two, three, hours: one loop over the rows']);
    expect(found.names).toEqual(['two', 'three', 'hours']);
    expect(loopsOf(found)).toBe(1);
    const text = explainPlan(found.plan);
    expect(text).toContain('stage three, in one loop with two\n');
    expect(text).toContain('partial aggregates by pane, in one loop with three\n');
    expect(explainProgram(found.plan)).toContain(
      '// stage one, stage two, stage three, window hours: one loop\n',
    );
    expect(explainProgram(found.plan)).toContain(new SourceProgram(found.plan, 0, 1).source.trim());
  });

  test('count the rows that get past each', () => {
    const { plan } = fused(stages, 'out: { from: hours, stdout: {} }');
    const counts = explainProgram(plan).match(/passed\d\+\+;|\/\/ (where|set).*/g);
    expect(counts).toEqual([
      '// where',
      '// set a',
      'passed0++;',
      'passed1++;',
      '// where',
      'passed2++;',
      expect.stringMatching('^// set '),
    ]);
  });

  test('that are read by several end there, and the others go on', () => {
    const found = fused(stages, 'out: { from: hours, stdout: {} }\nraw: { from: one, stdout: {} }');
    expect(found.names).toEqual(['hours']);
    expect(loopsOf(found)).toBe(2);
  });

  test.each([
    ['an explode', 'explode: { column: tags, as: tag }'],
    ['a lookup', 'lookup: { file: cities.csv, on: { city: name }, take: [region], missing: null }'],
    ['a dedup', 'dedup: { by: [city], within: 1h }'],
    ['no operation, as the last', 'omit: [spare]'],
  ])('are apart where there is %s', (_, operation) => {
    const found = fused(
      `one: { from: readings, where: t > 1 }\ntwo: { from: one, ${operation} }`,
      'out: { from: two, stdout: {} }',
    );
    expect(found.names).toEqual([]);
  });
});
