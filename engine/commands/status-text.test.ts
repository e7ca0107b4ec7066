import { describe, expect, it } from 'vitest';
import type { PipelineStatus } from '../run/status-file.ts';
import { agoText, statusText } from './status-text.ts';

const running: PipelineStatus = {
  ...{ pipeline: 'weather', pid: 4711, condition: 'running', error: null, ageMs: 2100 },
  ...{ startedAt: '2024-03-28T12:00:00.000Z', writtenAt: '2024-03-28T12:05:00.000Z' },
  progress: {
    ...{
      state: 'running',
      records: 92_000,
      elapsedMs: 3e5,
      cpuMs: 4e4,
      recordsPerSecond: 306.6,
      rows: 40,
    },
    ...{ rowsPerSecond: 1, lag: 12, watermark: Date.parse('2024-03-28T11:59:50Z'), heldBy: null },
    ...{ inFlightBytes: 0, backPressure: false, late: 3, deadLetters: 4, waitingFor: null },
  },
  partitions: [],
  checkpoints: { taken: 30, lastBytes: 1000 },
};

describe('the text of engine status', () => {
  it('has a line for each pipeline, and why one failed', () => {
    const failed: PipelineStatus = {
      ...running,
      ...{ pipeline: 'batch', condition: 'failed', error: 'the disk is full', ageMs: 7_200_000 },
      progress: { ...running.progress, lag: null, watermark: null },
    };
    expect(statusText([running, failed]).split('\n')).toEqual([
      'pipeline  state    records  per second  rows  lag  watermark             late  dead  snapshots  said',
      'weather   running   92,000         307    40   12  2024-03-28T11:59:50Z     3     4         30  2 s ago',
      'batch     failed    92,000                40                                3     4         30  2 h ago',
      'batch: the disk is full',
      '',
    ]);
  });

  it('tells ages in the unit that suits them', () => {
    expect([0, 119_000, 121_000, 7_300_000, 50 * 3_600_000].map(agoText)).toEqual([
      '0 s ago',
      '119 s ago',
      '2 min ago',
      '2 h ago',
      '2 days ago',
    ]);
  });
});
