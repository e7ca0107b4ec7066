import { describe, expect, test } from 'vitest';
import { registry } from '../stages/registry.ts';
import { type PlannedStage, buildPlan } from './build.ts';
import { definition, found, planOf, planned, specOf } from './definition.fixture.ts';

describe('a plan', () => {
  test('has its nodes in the order of the data', () => {
    const plan = planned(
      definition({
        stages: `
b: { from: a, where: t > 1 }
a: { from: readings, where: t > 0 }`,
        sinks: 'out: { from: b, stdout: {} }\nraw: { from: readings, stdout: {} }',
      }),
    );
    expect(plan.stages.map(({ name, input }) => `${input} → ${name}`)).toEqual([
      'readings → a',
      'a → b',
    ]);
    expect(plan.sinks.map(({ name, input }) => `${input} → ${name}`)).toEqual([
      'b → out',
      'readings → raw',
    ]);
  });

  test('is plain data: it survives JSON', () => {
    const plan = planned(
      definition({
        stages:
          'w: { from: readings, window: { tumbling: 1d }, group_by: [city], aggregate: { gap: avg(t) - avg(felt) } }',
        sinks:
          'out: { from: w, where: gap > $LEAST, cassandra: { table: w, primary_key: [[city], window_start] } }',
      }),
    );
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('takes the values of parameters', () => {
    const plan = planned(
      definition({ sinks: 'out: { from: readings, where: t > $LEAST, stdout: {} }' }),
    );
    expect(JSON.stringify(plan.sinks)).toContain('"value":1');
  });

  test('has the error policies, and a place for dead letters', () => {
    const plan = planned(
      definition({ more: 'errors: { decode: skip, dead_letter: { kafka: { topic: dead } } }' }),
    );
    expect(plan.errors).toMatchObject({
      decode: 'skip',
      expression: 'dead_letter',
      deadLetter: { kind: 'kafka', config: { topic: 'dead' }, connection: { name: 'kafka' } },
      stopWhen: null,
    });
  });

  test('dead letters have no columns to take a key from', () => {
    const text = definition({
      more: 'errors: { dead_letter: { kafka: { topic: d, key: city } } }',
    });
    expect(planOf(text).diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ['unknown-column', 'there are no columns here'],
    ]);
  });
});

describe('what is wrong with a definition', () => {
  test('is found all at once, by position, each thing once', () => {
    const text = definition({
      stages: `
a: { from: readings, where: nope > 0, set: { x: upper(t) } }
w: { from: a, window: { sliding: 1m, every: 1h }, group_by: [town], aggregate: { n: avg(x), city: sum(region) } }`,
      sinks: `
out: { from: w, where: n + 1, kafka: { topic: t, key: town } }
table: { from: readings, cassandra: { table: r, primary_key: [[felt]] } }`,
    });
    expect(found(text)).toEqual([
      'unknown-column: there is no column nope',
      expect.stringMatching(/^type-mismatch/) as string,
      expect.stringMatching(/^slide-too-long/) as string,
      'unknown-column: there is no column town',
      'type-mismatch: sum does not take string',
      'nullable-key: felt may be null, and a primary key must not be',
    ]);
    expect(planOf(text).plan).toBeNull();
  });

  test('warnings alone leave the plan', () => {
    const { plan, diagnostics } = planOf(
      definition({ stages: 'a: { from: readings, where: t > 0 }' }),
    );
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
    expect(plan).not.toBeNull();
  });
});

describe('a registry', () => {
  const { spec } = specOf(definition({}));

  test('without a keyword of the definition is a bug of whoever made it', () => {
    const without = registry.filter(({ keyword }) => keyword !== 'stdout');
    expect(() => buildPlan(spec!, without)).toThrow(/no sink stage stdout/);
  });

  test('whose planner gives nothing without a word is one, too', () => {
    const silent = registry.map((stage): PlannedStage =>
      stage.family === 'sink' ? { ...stage, plan: () => null } : stage,
    );
    expect(() => buildPlan(spec!, silent)).toThrow(/did not say why/);
  });
});
