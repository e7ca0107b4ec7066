import { describe, expect, it } from 'vitest';
import type { Connector, Plan } from './planner.ts';
import { keptTopicsOf, upstreamOf } from './upstream.ts';

const topic = (name: string, kind = 'topic_log'): Connector => ({
  kind,
  config: { topic: name },
  connection: null,
});
const plan = (name: string, reads: readonly Connector[], writes: readonly Connector[]): Plan =>
  ({
    name,
    sources: reads.map((connector) => ({ connector })),
    sinks: writes.map((connector) => ({ connector })),
    errors: { deadLetter: topic(`${name}-dead`) },
  }) as unknown as Plan;
const names = (plans: readonly Plan[]): Record<string, string[]> =>
  Object.fromEntries(
    [...upstreamOf(plans)].map(([{ name }, above]) => [name, above.map((one) => one.name)]),
  );

describe('pipelines of one process', () => {
  it('are fed by those that write what they read, through others too', () => {
    const simulated = { kind: 'simulate', config: {}, connection: null };
    const plans = [
      plan('windows', [topic('readings')], [topic('alerts')]),
      plan('producer', [simulated], [topic('readings')]),
      plan('alerting', [topic('alerts')], []),
      plan('letters', [topic('windows-dead')], []),
      plan('elsewhere', [topic('readings', 'kafka')], []),
    ];
    expect(names(plans)).toEqual({
      windows: ['producer'],
      producer: [],
      alerting: ['windows', 'producer'],
      letters: ['windows', 'producer'],
      elsewhere: [],
    });
  });

  it('that feed each other are not before each other, but before those behind them', () => {
    const plans = [
      plan('a', [topic('x')], [topic('y')]),
      plan('b', [topic('y')], [topic('x')]),
      plan('c', [topic('x')], []),
      plan('self', [topic('z')], [topic('z')]),
    ];
    expect(names(plans)).toEqual({ a: [], b: [], c: ['a', 'b'], self: [] });
  });

  it('keep topics here where there is no broker', () => {
    const one = plan('one', [], [topic('x'), topic('y', 'kafka')]);
    expect(keptTopicsOf(one)).toEqual(['x', 'one-dead']);
  });
});
