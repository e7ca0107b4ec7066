import { describe, expect, it } from 'vitest';
import { mayStay } from './provisional.ts';
import {
  type StreamHistory,
  type StreamOutcome,
  type StreamRecord,
  type StreamRules,
  type StreamWindow,
  streamOutcome,
} from './stream.ts';

// Small cases, worked out by hand. Seconds.

const at = (t: number): StreamRecord => ({ kind: 'good', k: 'a', t, x: 1 });

const tens: StreamWindow = {
  ...{ stage: 'tens', from: ['all'], shape: { kind: 'panes', size: 10, slide: 10 } },
  ...{ grace: 0, reports: true },
};
const visits: StreamWindow = {
  ...{ stage: 'visits', from: ['all'], shape: { kind: 'session', gap: 5, max: 40 } },
  ...{ grace: 0, reports: true },
};

const rulesOf = (windows: readonly StreamWindow[]): StreamRules => ({
  sources: [{ name: 'a', outOfOrder: 0, idle: 30 }],
  stages: [{ name: 'all', from: ['a'], dedupWithin: null, failsAbove: Infinity }],
  rows: { from: 'all', above: Infinity },
  nullKey: null,
  windows,
});

const run = (
  logs: readonly (readonly StreamRecord[])[],
  window: StreamWindow,
  history: Partial<StreamHistory> = {},
): StreamOutcome =>
  streamOutcome([logs], rulesOf([window]), {
    ...{ closings: [], floors: [], starts: [], hasEnded: true },
    ...history,
  });

describe('rows that were to be replaced', () => {
  const stays = (
    start: number,
    outcome: StreamOutcome,
    { of = tens, hasCrashed = false, k = 'a' } = {},
  ): boolean => {
    const rules = rulesOf([of]);
    return mayStay({ k, start }, of, { rules, stages: outcome.stages, hasCrashed });
  };

  it('R3: may stay where partitions told later that their window is not whole', () => {
    const outcome = run([[at(0), at(20), at(30)]], tens, { starts: [[1]] });
    expect(stays(10, outcome)).toBe(true);
    expect(stays(20, outcome)).toBe(false);
  });

  it('W6: may stay where their session was found to begin earlier', () => {
    const outcome = run([[at(1), at(4)]], visits);
    expect(stays(4, outcome, { of: visits })).toBe(true);
    expect(stays(4, outcome, { of: visits, k: 'b' })).toBe(false);
    expect(stays(12, outcome, { of: visits })).toBe(false);
  });

  it('T5: may stay where idleness came before their records, behind a crash', () => {
    const closings = [{ stage: 'tens', frontier: 10, positions: [[0]] }];
    const outcome = run([[at(3)]], tens, { closings });
    expect(stays(0, outcome, { hasCrashed: true })).toBe(true);
    expect(stays(0, outcome)).toBe(false);
    expect(stays(0, outcome, { hasCrashed: true, k: 'b' })).toBe(false);
  });
});
