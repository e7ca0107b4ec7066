import { describe, expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { checkPatches } from '../patch.ts';
import { perform } from './perform.ts';
import { runShare } from './run-share.ts';
import { small } from './small.ts';
import type { Schedule } from './schedule.ts';
import { faultsOf } from './verdict.ts';

const schedule: Schedule = {
  ...{
    pipeline: 'plain',
    framing: 'lines',
    seed: 1,
    partitions: 1,
    workers: 2,
    budgetBytes: 1 << 20,
  },
  isBounded: true,
  before: [],
  commands: [
    { do: 'produce', partition: 0, records: [{ kind: 'good', k: 'a', gap: 1, back: 0, x: 7 }] },
    { do: 'work', steps: 9 },
    { do: 'crash', corrupts: false },
  ],
};

describe('the simulation', () => {
  it('performs the same schedules from the same seed, and they go well', async () => {
    const share = { seed: 5, runs: 30, path: null, shrinks: true, pipeline: null, patches: [] };
    const first = await runShare(share);
    expect(first.failure).toBeNull();
    expect(await runShare(share)).toEqual(first);
  });

  it('has a group whose partitions another member holds for a while, and reads on behind it (R8)', async () => {
    const record = { kind: 'good', k: 'a', gap: 1, back: 0, x: 7 } as const;
    const rebalance = { do: 'rebalance', topic: 0, partition: 0 } as const;
    const held: Schedule = {
      ...{ ...schedule, framing: 'kafka-v2', partitions: 2 },
      commands: [
        { do: 'produce', partition: 0, records: [record, record] },
        { do: 'work', steps: 9 },
        { ...rebalance, into: 'taken' },
        { do: 'work', steps: 30 },
        { do: 'produce', partition: 1, records: [record] },
        { ...rebalance, into: 'given' },
        { do: 'work', steps: 30 },
        { ...rebalance, into: 'lost' },
        { do: 'work', steps: 30 },
      ],
    };
    const well = await perform(held);
    expect(faultsOf(held, well)).toEqual([]);
    const counts = well.durable.groups[0]?.counts;
    expect(counts).toMatchObject({ held: 1, lost: 1, broken: 0 });
  });

  it('sees rows that are missing, too much or different, and records counted wrongly', async () => {
    const well = await perform(schedule);
    expect(well.lives).toBe(2);
    expect(faultsOf(schedule, well)).toEqual([]);
    well.durable.of('tens').table.set('"a" 0', '"a" 0 2 14');
    well.durable.of('tens_file').rows.length = 0;
    well.durable.of('rows').rows.push('"b" 1 8');
    well.life.parts.tally.records.set('readings', 2);
    expect(faultsOf(schedule, well)).toEqual([
      'tens: missing "a" 0 1 7',
      'tens: too much "a" 0 2 14',
      'tens_file: missing "a" 0 1 7',
      'rows: too much "b" 1 8',
      'residue at readings: 2 records but 1 in its partitions',
      'residue at first: 1 in but 2 out of readings',
      'records: 2 instead of 1',
    ]);
  });

  it('has mutants whose patches fit the engine as it is', () => {
    for (const { patches } of mutants) checkPatches([...small, ...patches]);
    const nowhere = { file: 'engine/run/state.ts', find: 'no such text', replace: '' };
    expect(() => checkPatches([nowhere])).toThrow('has 0 times, not once');
  });
});
