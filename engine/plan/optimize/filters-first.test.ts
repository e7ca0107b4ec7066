import { describe, expect, test } from 'vitest';
import { explainProgram } from '../explain-program.ts';
import { filtersFirst } from './filters-first.ts';
import { sourceOf } from './random-pipeline.fixture.ts';
import { rewritten } from './rewritten.fixture.ts';

const source = sourceOf('earlier');
const out = 'out: { from: two, stdout: {} }';
const moved = (stages: string, sinks = out) => rewritten(filtersFirst, { source, stages, sinks });

describe('a filter', () => {
  test('comes before what the stage above it sets, where it does not read that', () => {
    const { after, rewrites } = moved(`one: { from: readings, set: { a: t + 1, b: n } }
two: { from: one, where: "city <> 'x'", set: { c: a } }`);
    expect(after.slice(0, 2)).toEqual(['one', "two | city <> 'x' | t + 1 | n | a"]);
    expect(rewrites).toEqual([
      "one: b is set behind where city <> 'x' of two",
      "one: a is set behind where city <> 'x' of two",
    ]);
  });

  test('is asked piece by piece: what it reads comes before that piece, the rest after all', () => {
    const { after } = moved(
      `one: { from: readings, set: { a: t + 1, b: n } }
two: { from: one, set: { c: a * 2 } }
three: { from: two, where: "c < 9 and city <> 'x' and t > 3" }`,
      'out: { from: three, stdout: {} }',
    );
    // The last condition waits for c, c for a; b waits for all of them.
    expect(after.slice(0, 3)).toEqual([
      'one',
      'two',
      "three | (city <> 'x') and (t > 3) | t + 1 | a * 2 | c < 9 | n",
    ]);
  });

  test('goes past several stages, and a sink has filters, too', () => {
    const { after } = moved(
      `one: { from: readings, set: { a: t + 1 } }
two: { from: one, where: n > 1, set: { b: a * 2 } }`,
      'out: { from: two, where: t > 3, stdout: {} }',
    );
    expect(after).toEqual(['one', 'two | n > 1', 'out | t > 3 | t + 1 | a * 2']);
  });

  test('comes before a dedup, whose keys are set behind it', () => {
    const { after } = moved(`one: { from: readings, set: { a: n + 0.5 } }
two: { from: one, where: t > 3, dedup: { by: [a], within: 1h } }`);
    expect(after[1]).toBe('two | t > 3 | n + 0.5 | by a within 1h');
  });

  test.each([
    ['a set that may fail', 'set: { a: cast(city as int) }', 'where: t > 3'],
    ['what it reads', 'set: { a: t + 1 }', 'where: a > 3'],
    [
      'what it reads, where it may fail',
      'set: { a: t + 1 }',
      'where: "a > 3 and cast(city as int) > t"',
    ],
    ['what makes rows of its own', 'set: { a: t + 1 }', 'explode: { column: tags, as: tag }'],
  ])('does not come before %s', (_, set, next) => {
    const stages = `one: { from: readings, ${set} }\ntwo: { from: one, ${next} }`;
    const sinks = `out: { from: two, ${next.startsWith('where') ? '' : 'where: t > 3, '}stdout: {} }`;
    const { before, after, rewrites } = moved(stages, sinks);
    expect(after).toEqual(before);
    expect(rewrites).toEqual([]);
  });

  test('does not come before what others read', () => {
    const { before, after } = moved(
      'one: { from: readings, set: { a: t + 1 } }\ntwo: { from: one, where: t > 3 }',
      `${out}\nmore: { from: one, stdout: {} }`,
    );
    expect(after).toEqual(before);
  });

  test('that may fail stays before those behind it', () => {
    const { after } = moved(
      `one: { from: readings, set: { a: t + 1 } }
two: { from: one, where: "t > 1 and cast(city as int) > 1" }
three: { from: two, set: { b: n } }
four: { from: three, where: "a > 3 and t > 2" }`,
      'out: { from: four, stdout: {} }',
    );
    expect(after.slice(0, 4)).toEqual([
      'one',
      'two | (t > 1) and (cast(city as int) > 1)',
      'three',
      'four | t > 2 | t + 1 | a > 3 | n',
    ]);
  });

  test('leaves texts of records that it drops undecoded', () => {
    const { plan } = moved(`one: { from: readings, set: { a: lower(other) } }
two: { from: one, where: t > 3, set: { b: upper(city) } }`);
    const program = explainProgram(plan, 'two');
    const filter = program.indexOf('continue;');
    expect(filter).toBeGreaterThan(0);
    expect(program.indexOf('textAt(')).toBeGreaterThan(filter);
  });
});
