import { describe, expect, test } from 'vitest';
import type { DedupArgs } from '../core/operation/dedup.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import { definition, planned } from './definition.fixture.ts';

/** Names of the columns that cross the thread at stage `s`. */
function carried(stages: string, sinks: string): string[] {
  const plan = planned(
    definition({ stages, sinks: `raw: { from: readings, stdout: {} }\n${sinks}` }),
  );
  const stage = plan.stages.find(({ name }) => name === 's');
  const { carries } = cutAtDedup(stage?.operations ?? [])?.args as DedupArgs;
  const columns = [...plan.sources, ...plan.stages].flatMap((node) => node.columns);
  return carries.map((at) => columns.find(({ slot }) => slot === at)?.name ?? `${at}`);
}

const s = 's: { from: readings, where: n > 0, dedup: { by: [region], within: 1h } }';

describe('what crosses the thread at a dedup', () => {
  test('is what sinks write, but nothing that only comes before it reads', () => {
    expect(carried(s, 'out: { from: s, stdout: {} }')).toEqual([
      'city',
      'region',
      't',
      'felt',
      'n',
      'at',
    ]);
  });

  test('of a window, its groups and inputs, without those computed afterwards', () => {
    const w = `
w: { from: s, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count(), m: max(felt), d: "min(t + 1)" } }`;
    expect(carried(s + w, 'out: { from: w, stdout: {} }')).toEqual(['city', 't', 'felt']);
  });

  test('of stages further down, what they read in any keyword', () => {
    const more = `
z: { from: s, where: felt > 1, dedup: { by: [city], within: 1m }, set: { two: t * 2 } }
w: { from: z, window: { tumbling: 1m }, aggregate: { m: max(two) } }`;
    expect(carried(s + more, 'out: { from: w, stdout: {} }')).toEqual(['city', 't', 'felt']);
  });

  test('behind a union, what fills its slots', () => {
    const more = `
a: { from: readings, set: { felt: t }, select: [felt, city, n] }
b: { from: s, where: t > 0, select: [n, city, felt] }
u: { from: [a, b], set: { twice: felt * 2 } }
v: { from: u, dedup: { by: [city], within: 1m } }
w: { from: v, window: { tumbling: 1m }, aggregate: { m: max(twice) } }`;
    expect(carried(s + more, 'out: { from: w, stdout: {} }')).toEqual(['city', 't', 'felt']);
    expect(carried(s + more, 'out: { from: u, stdout: {} }')).toEqual(['city', 't', 'felt', 'n']);
  });

  test('of a column set before it, the column itself', () => {
    const more = `
a: { from: readings, set: { gap: t - felt } }
s: { from: a, dedup: { by: [city], within: 1h }, set: { wide: gap * 3 } }
w: { from: s, window: { tumbling: 1m }, aggregate: { m: max(wide) } }`;
    expect(carried(more, 'out: { from: w, stdout: {} }')).toEqual(['gap']);
  });
});

test('a plan without a dedup has the stages that were planned', () => {
  const text = definition({
    stages: 'a: { from: readings, where: t > 1 }',
    sinks: 'out: { from: a, stdout: {} }',
  });
  expect(Object.keys(planned(text).stages[0] ?? {})).toEqual([
    'kind',
    'name',
    'input',
    'operations',
    'columns',
    'slots',
  ]);
});
