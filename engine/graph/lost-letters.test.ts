import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../workers/protocol.ts';
import { lettersOfLost } from './lost-letters.ts';

const letter = (code: DeadLetter['code'], offset: number): DeadLetter => ({
  ...{ code, offset, reason: 'late', stage: 'w', source: 's', partition: 0, timestamp: null },
  ...{ key: null, value: new Uint8Array(0) },
});
const placesOf = (wanted: readonly Pick<DeadLetter, 'code' | 'offset' | 'index'>[]) =>
  wanted.map(({ code, offset, index }) => [code, offset, ...(index === undefined ? [] : [index])]);

describe('letters of records that were lost when they were read again', () => {
  it('L1: are as many as were counted late beyond those that were found', () => {
    const found = [letter('LATE', 1), letter('LATE_IDLE', 2)];
    const rows = { late: 2, lateIdle: 2, seen: [], stage: 'w' };
    const { letters, wanted } = lettersOfLost(found, { lost: [3, 4, 5], ...rows });
    expect(letters).toEqual(found);
    expect(placesOf(wanted)).toEqual([
      ['LATE', 3],
      ['LATE_IDLE', 4],
    ]);
  });

  it('are none where the lost record was in time', () => {
    const rows = { late: 1, lateIdle: 0, seen: [], stage: 'w' };
    expect(lettersOfLost([letter('LATE', 1)], { lost: [3], ...rows }).wanted).toEqual([]);
  });

  it('W2: are those, too, that the lost record had made late', () => {
    const rows = { late: 2, lateIdle: 0, seen: [{ offset: 6 }, { offset: 7 }], stage: 'w' };
    const { letters, wanted } = lettersOfLost([letter('LATE_IDLE', 7)], { lost: [5], ...rows });
    expect(placesOf(letters)).toEqual([['LATE', 7]]);
    expect(placesOf(wanted)).toEqual([['LATE', 6]]);
  });

  it('R6: tell several rows of one record apart', () => {
    const rows = { late: 3, lateIdle: 0, seen: [], stage: 'w' };
    expect(placesOf(lettersOfLost([], { lost: [5], ...rows }).wanted)).toEqual([
      ['LATE', 5],
      ['LATE', 5, 1],
      ['LATE', 5, 2],
    ]);
  });
});
