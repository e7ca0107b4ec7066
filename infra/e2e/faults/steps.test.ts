import { describe, expect, it } from 'vitest';
import { checkPatches } from '../../patch.ts';
import { steps } from './steps.ts';
import { deadlinePatch, workerPatch } from './worker-faults.ts';

describe('the steps at which an engine is killed', () => {
  it('are each in the source text once', () => {
    checkPatches([...steps.flatMap(({ patches }) => patches), deadlinePatch, workerPatch]);
  });

  it('have a label each', () => {
    expect(new Set(steps.map(({ label }) => label)).size).toBe(steps.length);
  });
});
