import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredCell } from '../io/table/condition.ts';
import { type VerifyOptions, verifyRows } from './verify-rows.ts';

const columns = [
  { name: 'city', type: 'string' },
  { name: 'window_start', type: 'timestamp' },
  { name: 'window_end', type: 'timestamp' },
  { name: 'n', type: 'long' },
  { name: 'mean', type: 'double' },
] as const;

const row = (city: string, start: number, n: number, mean: number | null): StoredCell[] => [
  ...[city, start, start + 10, n, mean],
];

const options: VerifyOptions = {
  key: ['city', 'window_start'],
  columns: ['window_end', 'n', 'mean'],
  window: { graceMs: 5, closedUpToMs: 65, startsAtMs: 20 },
  isAhead: false,
  isExpired: () => false,
};

const verify = (
  stream: readonly StoredCell[][],
  archive: readonly StoredCell[][],
  more: Partial<VerifyOptions> = {},
) => verifyRows({ columns, rows: stream }, { columns, rows: archive }, { ...options, ...more });

describe('verifyRows', () => {
  it('O3: lets means differ in their last digits, and nothing else', () => {
    const ours = row('Brest', 20, 7, 1 / 3);
    expect(verify([ours], [row('Brest', 20, 7, 1 / 3 + 1e-12)])).toMatchObject({ equal: 1 });
    expect(verify([ours], [row('Brest', 20, 7, 1 / 3 + 1e-6)]).differences).toEqual([
      {
        kind: 'differs',
        key: { city: 'Brest', window_start: 20 },
        cells: [{ column: 'mean', stream: 1 / 3, archive: 1 / 3 + 1e-6 }],
      },
    ]);
    expect(verify([ours], [row('Brest', 20, 8, 1 / 3)]).differences).toHaveLength(1);
    expect(verify([ours], [row('Brest', 20, 7, null)]).differences).toHaveLength(1);
  });

  it('tells rows that one side lacks', () => {
    const { differences } = verify([row('Brest', 20, 1, 1)], [row('Nice', 20, 1, 1)]);
    expect(differences.map(({ kind, key }) => [kind, key['city']])).toEqual([
      ['only in the archive', 'Nice'],
      ['only in the stream', 'Brest'],
    ]);
  });

  it('W7: leaves out the last window of each group and partition where records are counted', () => {
    const names = ['city', 'partition', 'window_index', 'n'] as const;
    const columns = names.map(
      (name) => ({ name, type: name === 'city' ? 'string' : 'long' }) as const,
    );
    const counted = (stream: StoredCell[][], closedUpToMs: number) => {
      const archive = [0, 1].flatMap((p) => [0, 1, 2].map((i) => ['Nice', p, i, i === 2 ? 1 : 3]));
      const window = { graceMs: 0, closedUpToMs, startsAtMs: -Infinity, isCounted: true };
      return verifyRows(
        { columns, rows: stream },
        { columns, rows: archive },
        {
          ...{ ...options, key: names.slice(0, 3), columns: ['n'], window },
        },
      );
    };
    const stream = [0, 1].flatMap((p) => [0, 1].map((i) => ['Nice', p, i, 3]));
    const full = [...stream, ['Nice', 1, 2, 3]];
    expect(counted(full, -Infinity)).toMatchObject({ equal: 4, open: 2, differences: [] });
    expect(counted(stream.slice(1), -Infinity).differences).toMatchObject([
      { kind: 'only in the archive', key: { partition: 0, window_index: 0 } },
    ]);
    expect(counted(full, Infinity).differences).toHaveLength(2);
  });

  it('R3 R7: leaves out windows that are open, and those that the stream began within', () => {
    // end + grace = 65 is closed, 75 is not; the window at 10 begins before the first record.
    const archive = [10, 20, 50, 60].map((start) => row('Brest', start, 1, 1));
    const stream = [row('Brest', 20, 1, 1), row('Brest', 50, 1, 1), row('Brest', 60, 9, 9)];
    expect(verify(stream, archive)).toEqual({
      ...{ equal: 2, differences: [], open: 1, partial: 1, expired: 0, ahead: 0 },
    });
  });

  it('K2: does not miss rows that have expired', () => {
    const archive = [row('Brest', 20, 1, 1), row('Brest', 40, 1, 1)];
    const isExpired = (end: number | null): boolean => end !== null && end <= 30;
    const found = verify([], archive, { isExpired });
    expect(found).toMatchObject({ expired: 1, equal: 0 });
    expect(found.differences).toHaveLength(1);
  });

  it('takes rows that the archive lacks for new ones while the stream may be ahead of it', () => {
    const stream = [row('Brest', 20, 1, 1)];
    expect(verify(stream, [], { isAhead: true })).toMatchObject({ ahead: 1, differences: [] });
  });

  it('finds exactly the rows that were changed, added or removed', () => {
    const change = fc.constantFrom('none', 'changed', 'removed', 'added');
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.boolean(), (changes, isWindow) => {
        const stream: StoredCell[][] = [];
        const archive: StoredCell[][] = [];
        for (const [i, each] of changes.entries()) {
          if (each !== 'added') archive.push(row(`k${i}`, 30, i, i / 3));
          if (each !== 'removed') stream.push(row(`k${i}`, 30, each === 'changed' ? -1 : i, i / 3));
        }
        const window = isWindow ? options.window : null;
        const { equal, differences } = verify(stream, archive, { window });
        expect(equal).toBe(changes.filter((each) => each === 'none').length);
        expect(new Set(differences.map(({ key }) => key['city']))).toEqual(
          new Set(changes.flatMap((each, i) => (each === 'none' ? [] : [`k${i}`]))),
        );
      }),
    );
  });
});
