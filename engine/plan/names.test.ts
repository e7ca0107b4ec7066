import { describe, expect, test } from 'vitest';
import { definition, found, planOf } from './definition.fixture.ts';

const warm = 'warm: { from: readings, where: t > 0 }';

describe('names in `from`', () => {
  test('an unknown one is reported with the nearest name, which then counts as read', () => {
    const text = definition({ stages: warm, sinks: 'out: { from: warmer, stdout: {} }' });
    const { diagnostics } = planOf(text);
    expect(diagnostics.map(({ message, hint }) => [message, hint])).toEqual([
      ['there is no source or stage warmer', 'did you mean warm?'],
    ]);
  });

  test('an unknown one that resembles nothing lists what there is', () => {
    const text = definition({
      stages: 'cold: { from: qqqqqqqq, where: t > 0 }',
      sinks: 'out: { from: cold, stdout: {} }\nraw: { from: readings, stdout: {} }',
    });
    expect(planOf(text).diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ['unknown-from', 'there are: readings, cold'],
    ]);
  });

  test('what reads a stage that does not exist is not reported again', () => {
    const text = definition({
      stages: 'a: { from: reading, where: t > 0 }\nb: { from: a, where: nonsense > 0 }',
      sinks: 'out: { from: b, stdout: {} }',
    });
    expect(found(text)).toEqual(['unknown-from: there is no source or stage reading']);
  });
});

describe('what nobody reads', () => {
  test('a source and a stage are warned of, and the plan stands', () => {
    const text = definition({
      source: `
file: "data/*.ndjson"
schema: { t: double! }
event_time: { column: t, unit: s }`,
      stages: `${warm}\nhot: { from: warm, where: t > 30 }`,
      sinks: 'out: { from: warm, stdout: {} }',
    });
    const { plan, diagnostics } = planOf(text);
    expect(plan?.stages.map(({ name }) => name)).toEqual(['warm', 'hot']);
    expect(diagnostics.map(({ severity, code, message }) => [severity, code, message])).toEqual([
      ['warning', 'unused', 'nothing reads hot'],
    ]);
  });

  test('what only something wrong reads is not unused, and a wrong sink is a sink', () => {
    const text = definition({
      stages: `${warm}\nhot: { from: warm, where: nonsense > 30 }`,
      sinks: 'out: { from: hot, cassandra: { table: hot, primary_key: [[nobody]] } }',
    });
    expect(found(text)).toEqual([
      'unknown-column: there is no column nonsense',
      'unknown-column: there is no column nobody',
    ]);
  });

  test('a pipeline without a sink is none', () => {
    const text = definition({}).replace(/sinks:\n.*\n/, 'sinks: {}\n');
    expect(found(text)).toEqual([
      'unused: nothing reads readings',
      'no-sink: a pipeline needs at least one sink',
    ]);
  });
});

test('a stage with the name of a source is refused; the name means the source', () => {
  const text = definition({
    stages: 'readings: { from: readings, set: { own: t } }',
    sinks: 'out: { from: readings, where: own > 0, stdout: {} }',
  });
  expect(found(text)).toEqual([
    'duplicate-name: readings is the name of a source already',
    'unknown-column: there is no column own',
  ]);
});

test('a window that is called like its source is reported, and everything comes to an end', () => {
  const text = definition({
    stages:
      'readings: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }',
  });
  expect(found(text)).toEqual(['duplicate-name: readings is the name of a source already']);
});

test('a sink may have the name of the stage it writes', () => {
  const text = definition({ stages: warm, sinks: 'warm: { from: warm, stdout: {} }' });
  expect(found(text)).toEqual([]);
});
