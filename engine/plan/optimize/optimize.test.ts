import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../fuzz.fixture.ts';
import { definition, planOf, planned } from '../definition.fixture.ts';
import type { Plan } from '../planner.ts';
import { workerProgram } from '../../run/worker-program.ts';
import { shapeOf } from '../shape.ts';
import { followCopies } from './copies.ts';
import { shareEventTime } from './event-time.ts';
import { filtersFirst } from './filters-first.ts';
import { numberTexts } from './numbered.ts';
import { fuseStages } from './one-loop.ts';
import { sharePasses } from './one-pass.ts';
import { optimize } from './optimize.ts';
import type { Pass } from './pass.ts';
import { definitions, records, repliesOf, sourceOf } from './random-pipeline.fixture.ts';
import { rewritten } from './rewritten.fixture.ts';
import { dropUnread } from './unread.ts';

const passes: readonly (readonly [name: string, pass: Pass])[] = [
  ['event time read once', shareEventTime],
  ['copies followed', followCopies],
  ['what nobody reads left out', dropUnread],
  ['filters first', filtersFirst],
  ['one loop for stages in a row', fuseStages],
  ['one pass for windows side by side', sharePasses],
  ['texts that come back', numberTexts],
  ['all of them', optimize],
];

const at = "to_timestamp(date, 'yyyy-MM-dd HH:mm:ss')";
const source = sourceOf('earlier');

const optimized = (stages: string, sinks: string, from = source) =>
  rewritten(optimize, { stages, sinks, source: from });

describe('the event time', () => {
  test('is not read a second time, nor kept twice: comparisons are with it', () => {
    const { before, after, rewrites } = optimized(
      `timed: { from: readings, set: { at: "${at}" } }
chosen: { from: timed, where: "at < ${at.replace('date', 'other')}" }`,
      'out: { from: chosen, where: "date_part(\'hour\', at) > 3", stdout: {} }',
    );
    expect(before[0]).toBe("timed | to_timestamp(date, 'yyyy-MM-dd HH:mm:ss')");
    expect(after).toEqual([
      'timed',
      "chosen | event_time < to_timestamp(other, 'yyyy-MM-dd HH:mm:ss')",
      "out | date_part('hour', event_time) > 3",
    ]);
    expect(rewrites).toContain(
      "timed: to_timestamp(date, 'yyyy-MM-dd HH:mm:ss') is the event time of readings, read once",
    );
    expect(rewrites).toContain('at is event_time: read as it');
  });

  test.each([
    ['another column', at.replace('date', 'other'), source],
    ['another pattern', "to_timestamp(date, 'yyyy-MM-dd')", source],
    ['no pattern', 'to_timestamp(date)', source],
    ['the later of two equal times', at, sourceOf('later')],
    ['a column that has been replaced', at, source],
  ])('is not what is read with %s', (what, value, from) => {
    const replaced = what.includes('replaced') ? 'date: other' : 'spare: t';
    const stages = `one: { from: readings, set: { ${replaced} } }
two: { from: one, set: { at: "${value}" } }`;
    const { before, after } = optimized(stages, 'out: { from: two, stdout: {} }', from);
    const read = after.find((each) => each.startsWith('two'));
    expect(read).toContain('to_timestamp');
    expect(what.includes('replaced') ? '' : read).toBe(what.includes('replaced') ? '' : before[1]);
  });

  test('is what a date is when times that occur twice are dead letters', () => {
    const { after } = optimized(
      `two: { from: readings, set: { at: "${at}" } }`,
      'out: { from: two, stdout: {} }',
      sourceOf('dead_letter'),
    );
    expect(after[0]).toBe('two');
  });
});

describe('what nobody reads', () => {
  const stages = `
one: { from: readings, set: { a: t + 1, b: "cast(city as int)" } }
two: { from: one, set: { c: a * 2 } }
w: { from: two, window: { tumbling: 10m }, group_by: [city], aggregate: { most: max(t) } }`;

  test('is not computed, nor what only it has read, unless it may fail', () => {
    const { after, rewrites, plan } = optimized(stages, 'out: { from: w, stdout: {} }');
    expect(after).toEqual(['one | cast(city as int)', 'two', 'w', 'out']);
    expect(rewrites).toEqual([
      'two: nobody reads c, so it is not computed',
      'one: nobody reads a, so it is not computed',
      'readings: nobody reads other, tags, n, spare, so only presence and type are checked',
      'readings: equal texts of date, city are told by number',
    ]);
    const unread = plan.sources[0]?.fields.map((field) => field.unread ?? false);
    expect(unread).toEqual([false, true, false, true, false, true, true]);
  });

  test('is computed for a sink, a union or a dedup', () => {
    const { after } = optimized(
      `${stages}
three: { from: readings, set: { d: t + 1 } }
four: { from: three, where: t > 1 }
five: { from: [three, four] }
six: { from: readings, set: { e: t + 1 } }
seven: { from: six, dedup: { by: [city], within: 1h }, set: { f: e + 1 } }`,
      'out: { from: two, stdout: {} }\nfive: { from: five, stdout: {} }\nseven: { from: seven, stdout: {} }',
    );
    expect(after.slice(0, 2)).toEqual(['one | t + 1 | cast(city as int)', 'two | a * 2']);
    expect(after.find((each) => each.startsWith('three'))).toBe('three | t + 1');
    expect(after.find((each) => each.startsWith('six'))).toBe('six | t + 1');
  });
});

test('a copy is one below what makes it only: what lies beside may use the same slot', () => {
  const stages = `one: { from: readings, set: { a: t } }
two: { from: one, where: a > 1 }
other: { from: readings, set: { b: n + 1 } }
more: { from: other, where: b > 1 }`;
  const sinks = 'out: { from: two, stdout: {} }\nmore: { from: more, stdout: {} }';
  const { after } = rewritten(followCopies, { source, stages, sinks });
  expect(after.slice(0, 4)).toEqual(['one | t', 'two | t > 1', 'other | n + 1', 'more | b > 1']);
});

test('the state that a run goes on with is of the plan as it is written (R3)', () => {
  const text = definition({
    source,
    stages: `timed: { from: readings, set: { at: "${at}" } }`,
    sinks: 'out: { from: timed, stdout: {} }',
  });
  const plan = planned(text);
  expect(shapeOf(optimize(plan).plan)).not.toEqual(shapeOf(plan));
  // It is workers that get the other one.
  expect(workerProgram(plan).sources[0]?.columns.at(-1)?.name).toBe('event_time');
});

describe.each(passes)('%s', (_, pass) => {
  test('changes no row, letter or count of any stage (L1)', () => {
    let changed = 0;
    fc.assert(
      fc.property(definitions, records, (text, rows) => {
        const { plan, diagnostics } = planOf(text);
        expect(plan === null ? diagnostics : []).toEqual([]);
        const { plan: optimized, rewrites } = pass(plan as Plan);
        if (rewrites.length > 0) changed++;
        expect(repliesOf(optimized, rows)).toEqual(repliesOf(plan as Plan, rows));
      }),
      { numRuns: cases({ share: 50, all: 5000 }) },
    );
    // Definitions that have nothing to optimise would show nothing.
    expect(changed).toBeGreaterThan(5);
  });

  test('leaves alone what has nothing to be optimised', () => {
    const plan = planned(definition({}));
    expect(pass(plan)).toEqual({ plan, rewrites: [] });
  });
});
