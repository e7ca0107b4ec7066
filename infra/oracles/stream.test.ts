import { describe, expect, it } from 'vitest';
import {
  type StreamHistory,
  type StreamOutcome,
  type StreamRecord,
  type StreamRules,
  type StreamShape,
  type StreamWindow,
  isSilent,
  streamOutcome,
} from './stream.ts';

// What the simulation is measured by: small cases, worked out by hand. Seconds.

const at = (t: number, k: string | null = 'a', x = 1): StreamRecord => ({ kind: 'good', k, t, x });

const window = (stage: string, shape: StreamShape, more: Partial<StreamWindow> = {}) => ({
  ...{ stage, from: ['all'], shape, grace: 0, reports: true },
  ...more,
});
const tens = window('tens', { kind: 'panes', size: 10, slide: 10 });
const visits = window('visits', { kind: 'session', gap: 5, max: 40 });
const pairs = window('pairs', { kind: 'count', size: 2 });

const rulesOf = (windows: readonly StreamWindow[], more: Partial<StreamRules> = {}) => ({
  sources: [{ name: 'a', outOfOrder: 0, idle: 30 }],
  stages: [{ name: 'all', from: ['a'], dedupWithin: null, failsAbove: Infinity }],
  rows: { from: 'all', above: Infinity },
  nullKey: null,
  windows,
  ...more,
});

const ended: StreamHistory = { closings: [], floors: [], starts: [], hasEnded: true };

const run = (
  logs: readonly (readonly StreamRecord[])[],
  window: StreamWindow,
  history: Partial<StreamHistory> = {},
): StreamOutcome => streamOutcome([logs], rulesOf([window]), { ...ended, ...history });

const rows = (outcome: StreamOutcome, stage: string): readonly string[] | undefined =>
  outcome.rows.get(stage);

describe('records', () => {
  it('W2: are late by their own partition, and for some of their windows only', () => {
    const slides = window('slides', { kind: 'panes', size: 10, slide: 5 });
    // 4 is in [-5, 5) and [0, 10), of which the watermark has passed the first.
    const outcome = run([[at(6), at(4)], [at(4)]], slides);
    expect(rows(outcome, 'slides')).toEqual(['"a" -5 1 1', '"a" 0 3 3', '"a" 5 1 1']);
    expect(outcome.letters).toEqual([]);
    expect(run([[at(20), at(9)]], slides).letters).toEqual(['LATE slides a 0@1']);
  });

  it('T2 L1: that cannot be read or fail are letters, and those in the future move nothing', () => {
    const log = [{ ...at(0), kind: 'bad' }, { ...at(90), kind: 'future' }, at(1, 'a', 9)] as const;
    const stages = [{ name: 'all', from: ['a'], dedupWithin: null, failsAbove: 8 }];
    const outcome = streamOutcome([[[...log, at(2)]]], rulesOf([tens], { stages }), ended);
    expect(outcome.letters).toEqual(['DECODE a a 0@0', 'EXPRESSION all a 0@2', 'FUTURE a a 0@1']);
    expect(rows(outcome, 'tens')).toEqual(['"a" 0 1 1']);
  });

  it('O2: that came before within the time of a dedup are left out, by partition', () => {
    const stages = [{ name: 'all', from: ['a'], dedupWithin: 5, failsAbove: Infinity }];
    const logs = [[at(0), at(1), at(7), at(7)], [at(2)]];
    const outcome = streamOutcome([logs], rulesOf([tens], { stages }), ended);
    // The entry of 0 stands until the watermark is at 5: the first 7 comes at 1, the second at 7.
    expect(rows(outcome, 'tens')).toEqual(['"a" 0 3 3']);
    expect(outcome.duplicates).toBe(2);
  });

  it('T5 W4: are LATE_IDLE for what idleness closed before they were merged', () => {
    const closings = [{ stage: 'tens', frontier: 10, positions: [[1]] }];
    const outcome = run([[at(3), at(5)]], tens, { closings });
    expect(rows(outcome, 'tens')).toEqual(['"a" 0 1 1']);
    expect(outcome.letters).toEqual(['LATE_IDLE tens a 0@1']);
    expect(outcome.stages.get('tens')?.condemned).toEqual([{ k: 'a', t: 5 }]);
  });

  it('T4: of a partition that was added are measured by the watermark of that moment', () => {
    const floors = [new Map([[1, 20]])];
    const outcome = run([[at(20)], [at(9), at(15), at(20)]], tens, { floors });
    expect(outcome.letters).toEqual(['LATE tens a 1@0', 'LATE tens a 1@1']);
    expect(rows(outcome, 'tens')).toEqual(['"a" 20 2 2']);
  });

  it('T4 O2: of several sources have the clock and the dedups of their own', () => {
    const rules = rulesOf([tens], {
      sources: [
        { name: 'a', outOfOrder: 0, idle: 30 },
        { name: 'b', outOfOrder: 9, idle: 30 },
      ],
      stages: [{ name: 'all', from: ['a', 'b'], dedupWithin: null, failsAbove: Infinity }],
    });
    const log = [at(15), at(9)];
    const outcome = streamOutcome([[log], [log]], rules, ended);
    expect(outcome.letters).toEqual(['LATE tens a 0@1']);
    expect(rows(outcome, 'tens')).toEqual(['"a" 0 1 1', '"a" 10 2 2']);
    expect(outcome.stages.get('tens')?.reached).toBe(4);
  });
});

describe('sessions', () => {
  it('W6: take what follows within the gap, in any order, and begin with the first of it', () => {
    const logs = [[at(1), at(9), at(5)], [at(14)], [at(19, 'b')]];
    const rules = rulesOf([{ ...visits, grace: 9 }]);
    const outcome = streamOutcome([logs], rules, ended);
    // 1 5 9 are joined by 5; 14 is a whole gap behind 9.
    expect(rows(outcome, 'visits')).toEqual(['"a" 1 3 3', '"a" 14 1 1', '"b" 19 1 1']);
  });

  it('W6: never span a multiple of max, where they end, too', () => {
    const { stages } = run([[at(38), at(39), at(40)]], visits);
    const found = stages.get('visits')?.windows.map(({ start, end }) => [start, end]);
    expect(found).toEqual([
      [38, 40],
      [40, 45],
    ]);
  });

  it('W6: a record is late once its own watermark is at t + grace', () => {
    const late = run([[at(10), at(8), at(7)]], { ...visits, grace: 3 });
    expect(late.letters).toEqual(['LATE visits a 0@2']);
    expect(rows(late, 'visits')).toEqual(['"a" 8 2 2']);
  });

  it('W4: one whose t + grace is just where idleness closed is in time', () => {
    const closings = [{ stage: 'visits', frontier: 10, positions: [[0]] }];
    const outcome = run([[at(7), at(8)]], { ...visits, grace: 2 }, { closings });
    expect(outcome.letters).toEqual(['LATE_IDLE visits a 0@0']);
  });

  it('R3: have no row where a record before the first that was read may belong to them', () => {
    // Reading begins at 20: one that begins at 24 may have begun earlier, one at 25 may not.
    const logs = [[at(0), at(20, 'x'), at(24), at(25, 'b')]];
    const { stages } = run(logs, visits, { starts: [[1]] });
    expect(stages.get('visits')?.windows.map(({ k }) => k)).toEqual(['b']);
    expect(stages.get('visits')?.others.map(({ k }) => k)).toEqual(['x', 'a']);
    // The stretch of `max` begins at 40: nothing before belongs to it.
    const cut = run([[at(0), at(40)]], visits, { starts: [[1]] });
    expect(rows(cut, 'visits')).toEqual(['"a" 40 1 1']);
  });
});

describe('windows that count', () => {
  it('W7: take records of a key and partition in the order of offsets', () => {
    const logs = [[at(9), at(1, 'b'), at(5), at(2)], [at(3)]];
    const all = ['"a" 0/0 2 2', '"a" 0/1 1 1', '"a" 1/0 1 1', '"b" 0/0 1 1'];
    expect(rows(run(logs, pairs), 'pairs')).toEqual(all);
    // Without an end only those that are full.
    expect(rows(run(logs, pairs, { hasEnded: false }), 'pairs')).toEqual(['"a" 0/0 2 2']);
  });

  it('W7: are never late, not closed by idleness, and count from where reading begins', () => {
    const closings = [{ stage: 'pairs', frontier: 99, positions: [[0]] }];
    const outcome = run([[at(50), at(1), at(2)]], pairs, { closings, starts: [[1]] });
    expect(rows(outcome, 'pairs')).toEqual(['"a" 0/0 2 2']);
    expect(outcome.letters).toEqual([]);
  });
});

describe('windows over windows', () => {
  const twenties = window(
    'twenties',
    { kind: 'panes', size: 20, slide: 20 },
    { from: ['tens'], reports: false },
  );
  const above = rulesOf([tens, twenties]);

  it('W8: count rows just before the end of their window, with their sums', () => {
    const logs = [[at(0, 'a', 2), at(5, 'a', 3), at(19), at(20)]];
    // [10, 20) counts at 19.999, in [0, 20).
    expect(rows(streamOutcome([logs], above, ended), 'twenties')).toEqual([
      '"a" 0 2 6',
      '"a" 20 1 1',
    ]);
  });

  it('W8: over sessions count them where they end', () => {
    const over = { ...twenties, from: ['visits'] };
    // [14, 19) and [16, 21) of two keys.
    const outcome = streamOutcome([[[at(14), at(16, 'b')]]], rulesOf([visits, over]), ended);
    expect(rows(outcome, 'twenties')).toEqual(['"a" 0 1 1', '"b" 20 1 1']);
  });

  it('R3 W8: have no row where a window under them has none', () => {
    // Reading begins at 11: [10, 20) has no row, so [0, 20) has none.
    const starts = [[1]];
    const outcome = streamOutcome([[[at(0), at(11), at(20)]]], above, { ...ended, starts });
    expect(rows(outcome, 'tens')).toEqual(['"a" 20 1 1']);
    expect(rows(outcome, 'twenties')).toEqual(['"a" 20 1 1']);
    expect(outcome.stages.get('twenties')?.line).toBe(20);
    // At 21 [20, 30) begins too early as well, and [20, 40) would hold it.
    const later = streamOutcome([[[at(0), at(21), at(30)]]], above, { ...ended, starts });
    expect(rows(later, 'tens')).toEqual(['"a" 30 1 1']);
    expect(rows(later, 'twenties')).toEqual([]);
    // Of sessions the stretch up to 40.
    const over = rulesOf([visits, { ...twenties, from: ['visits'] }]);
    const visited = streamOutcome([[[at(0), at(21), at(30), at(41)]]], over, { ...ended, starts });
    expect(visited.stages.get('twenties')?.line).toBe(40);
    expect(rows(visited, 'twenties')).toEqual(['"a" 40 1 1']);
  });

  it('W8: wait for a source that never had a record with a time', () => {
    const rules = {
      ...above,
      sources: [...above.sources, { name: 'b', outOfOrder: 0, idle: 30 }],
      stages: [
        ...above.stages,
        { name: 'more', from: ['b'], dedupWithin: null, failsAbove: Infinity },
      ],
      windows: [
        tens,
        { ...tens, stage: 'others', from: ['more'] },
        { ...twenties, from: ['tens', 'others'] },
      ],
    };
    const rowsOf = (log: readonly StreamRecord[], hasEnded = false) =>
      rows(streamOutcome([[[at(0)]], [log]], rules, { ...ended, hasEnded }), 'twenties');
    expect(rowsOf([])).toEqual([]);
    expect(rowsOf([{ ...at(0), kind: 'bad' }])).toEqual([]);
    expect(rowsOf([], true)).toEqual(['"a" 0 1 1']);
    expect(rowsOf([at(0)])).toEqual(['"a" 0 2 2']);
    expect(isSilent([[at(0)]], [1])).toBe(true);
  });
});
