import { describe, expect, it } from 'vitest';
import type { ResumePoint } from '../../graph/ports.ts';
import { differences, lossError } from './start-positions.ts';
import type { LogState } from './start-positions.ts';

const log = (change: Partial<LogState> = {}): LogState => ({
  low: new Map([[0, 100]]),
  high: new Map([[0, 200]]),
  headers: new Map(),
  ...change,
});
const at = (nextOffset: number, lastBatch: ResumePoint['lastBatch'] = null) =>
  new Map([[0, { nextOffset, lastBatch }]]);
const batch = { baseOffset: 140, crc: 0xabc };

describe('differences between resume points and a log (R4)', () => {
  it.each([100, 150, 200])('R4: offset %i is in a log of 100 to 200', (next) => {
    expect(differences(at(next), log())).toEqual([]);
  });

  it('R4: tells how many records are gone before the log, and where it begins', () => {
    const [found, ...others] = differences(at(40), log());
    expect(others).toEqual([]);
    expect(found).toMatchObject({ partition: 0, position: 100 });
    expect(found?.text).toContain('before offset 40, the log now begins at 100: 60 records');
  });

  it('R4: tells how many records are gone at its end', () => {
    const [found] = differences(at(201), log());
    expect(found).toMatchObject({ position: 200 });
    expect(found?.text).toContain('ends at 200: 1 records are gone');
  });

  it('R4: tells another log by the checksum or the place of the last batch', () => {
    const headers = (
      header: LogState['headers'] extends ReadonlyMap<number, infer H> ? H : never,
    ) => differences(at(150, batch), log({ headers: new Map([[0, header]]) }));
    expect(headers(batch)).toEqual([]);
    expect(headers({ ...batch, crc: 0xabd })[0]?.text).toContain('crc 00000abd');
    expect(headers({ ...batch, baseOffset: 139 })[0]?.text).toContain('it begins at 139');
    expect(headers(null)[0]?.text).toContain('now there is none');
  });

  it('R4: cannot tell by a batch nobody could read', () => {
    expect(differences(at(150, batch), log())).toEqual([]);
  });

  it('R4: tells a partition that is no more', () => {
    const [found] = differences(new Map([[3, { nextOffset: 1, lastBatch: null }]]), log());
    expect(found?.text).toBe('partition 3 no longer exists');
  });

  it('R4: puts all differences into one error, with the way to go on', () => {
    const found = differences(
      new Map([
        [0, { nextOffset: 0, lastBatch: null }],
        [9, { nextOffset: 1, lastBatch: null }],
      ]),
      log(),
    );
    const error = lossError('weather', found);
    expect(error).toMatchObject({ code: 'ENG_SOURCE_GAP', retryable: false });
    expect(error.message).toMatch(/partition 0: .*; partition 9 no longer.*--on-data-loss skip/);
  });
});
