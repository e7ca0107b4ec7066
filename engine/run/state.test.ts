import { describe, expect, it } from 'vitest';
import type { SourcePort } from '../graph/ports.ts';
import { openTally } from '../graph/tally.ts';
import { definition, planned } from '../plan/definition.fixture.ts';
import { shapeOf } from '../plan/shape.ts';
import { openRuntimes } from './parts.ts';
import { cutState, restoreState } from './state.ts';

const windowOf = (name: string, size: string): string =>
  `${name}:\n  from: readings\n  window: { tumbling: ${size} }\n  group_by: [city]\n  aggregate: { n: count() }\n`;
const sinks = 'a: { from: tens, stdout: {} }\nb: { from: hours, stdout: {} }';
const planOf = (stages: string) => planned(definition({ stages, sinks }));
const openOf = (stages: string) => {
  const plan = planOf(stages);
  return { plan, runtimes: openRuntimes(plan, [{} as SourcePort]) };
};

describe('a restart', () => {
  it('R3: gives each stage its own state back, also when stages have changed places', async () => {
    const before = openOf(windowOf('tens', '10m') + windowOf('hours', '1h'));
    const encoder = new TextEncoder();
    before.runtimes.windows.forEach(({ keys, store }, i) => {
      const bytes = encoder.encode('abc'.slice(0, i + 1));
      const ends = Int32Array.from(bytes, (_, at) => at + 1);
      keys.learn(1, { generation: 0, base: 0, ends, bytes });
      store.startAt(1000 * (i + 1));
    });
    const { plan } = before;
    const meta = { pipeline: plan.name, shape: shapeOf(plan), finished: false };
    const cut = cutState({ ...before.runtimes, tally: openTally() }, meta);
    const content = await cut.encode({});
    cut.release();
    const { runtimes } = openOf(windowOf('hours', '1h') + windowOf('tens', '10m'));
    restoreState(runtimes, content);
    const found = runtimes.windows.map(({ node, keys }) => [node.name, keys.size]);
    expect(found).toEqual([
      ['hours', 2],
      ['tens', 1],
    ]);
  });
});
