import { expect, test } from 'vitest';
import { dedupPlan } from '../graph/dedup-scenario.fixture.ts';
import type { SourcePort } from '../graph/ports.ts';
import { checkLimits } from './limits.ts';
import { openRuntimes } from './parts.ts';

test('L2: above the limit of memory the stage is named that holds most of it, a dedup too', () => {
  const plan = { ...dedupPlan, limits: { keys: 10, memoryBytes: 1 } };
  const { windows, dedups } = openRuntimes(plan, [{} as SourcePort]);
  const seen = dedups.find(({ node }) => node.name === 'rare')?.state.of(0);
  for (let i = 0; i < 5000; i++) {
    const bytes = new TextEncoder().encode(`key ${i}`);
    seen?.isFirst(bytes, { from: 0, to: bytes.length }, 0, -1);
  }
  const over = checkLimits({ plan, windows, dedups });
  expect(over?.code).toBe('ENG_LIMIT_MEMORY');
  expect(over?.message).toContain('most of its state is in stage rare');
});
