import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocked, lockState } from '../io/checkpoint/state-directory.ts';
import type { Progress } from './progress.ts';
import {
  conditionOf,
  readStatus,
  StatusFile,
  type StatusNow,
  stateDirectories,
} from './status-file.ts';

let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'status-'));
  directory = join(parent, 'weather');
});
afterEach(() => rm(parent, { recursive: true }));

const NOON = Date.parse('2024-03-28T12:00:00Z');

function now(state: Progress['state'], records = 0): StatusNow {
  return {
    progress: {
      ...{
        state,
        records,
        elapsedMs: 0,
        cpuMs: 0,
        recordsPerSecond: 0,
        rows: 0,
        rowsPerSecond: 0,
        lag: 7,
      },
      ...{ watermark: NOON, heldBy: null, inFlightBytes: 0, backPressure: false },
      ...{ late: 0, deadLetters: 0, waitingFor: null },
    },
    partitions: [
      {
        ...{ source: 'readings', partition: 0, nextOffset: records, endOffset: 107 },
        counts: {
          ...{ records, tombstones: 0, filtered: 0, duplicates: 0 },
          ...{ late: 0, deadLetters: 0, skipped: 0 },
        },
      },
    ],
    checkpoints: { taken: 1, lastBytes: 10 },
  };
}

describe('the status file of a run', () => {
  it('says what the run last wrote, how old that is, and leaves nothing else behind', async () => {
    const unlock = lockState(directory, 'weather');
    const file = new StatusFile(directory, 'weather', () => NOON);
    await Promise.all([file.write(now('running', 50)), file.write(now('running', 100))]);
    expect(await readStatus(directory, NOON + 3000)).toMatchObject({
      pipeline: 'weather',
      pid: process.pid,
      startedAt: '2024-03-28T12:00:00.000Z',
      condition: 'running',
      ageMs: 3000,
      progress: { records: 100, lag: 7 },
      partitions: [{ nextOffset: 100, endOffset: 107 }],
    });
    unlock();
    expect((await readdir(directory)).toSorted()).toEqual(['lock.db', 'status.json']);
  });

  it('knows a run whose process is gone from one that goes on, failed or ended', () => {
    const said = (state: Progress['state'], error: string | null = null) => ({
      ...now(state),
      error,
    });
    expect(conditionOf(said('running'), true)).toBe('running');
    expect(conditionOf(said('running'), false)).toBe('lost');
    expect(conditionOf(said('draining'), false)).toBe('lost');
    expect(conditionOf(said('stopped'), false)).toBe('stopped');
    expect(conditionOf(said('running', 'the disk is full'), false)).toBe('failed');
  });

  it('is not there for a pipeline that never ran', async () => {
    expect(await readStatus(directory)).toBeNull();
    expect(await stateDirectories(join(parent, 'none'))).toEqual([]);
  });

  it('is looked for in each directory of the state', async () => {
    await new StatusFile(directory, 'weather').write(now('stopped'));
    await new StatusFile(join(parent, 'batch'), 'batch').write(now('stopped'));
    expect(await stateDirectories(parent)).toEqual([join(parent, 'batch'), directory]);
  });
});

describe('the lock of a state directory', () => {
  it('is seen without being taken', () => {
    expect(isLocked(directory)).toBe(false);
    const unlock = lockState(directory, 'weather');
    expect(isLocked(directory)).toBe(true);
    unlock();
    expect(isLocked(directory)).toBe(false);
    lockState(directory, 'weather')();
  });
});
