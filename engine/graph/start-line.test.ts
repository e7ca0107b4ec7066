import { describe, expect, it } from 'vitest';
import { StartLine } from './start-line.ts';

const MINUTE = 60_000;

describe('StartLine', () => {
  it('R3: says nothing for logs that are read from their first record', () => {
    const line = new StartLine();
    line.open(0, 0);
    line.open(1, 0);
    line.ends(
      new Map([
        [0, 10],
        [1, 0],
      ]),
    );
    line.read(0, 5 * MINUTE);
    line.read(1, 9 * MINUTE);
    expect(line.at).toBe(-Infinity);
  });

  it('R3: is the greatest first event time of the partitions that start inside, in any order', () => {
    const ends = new Map([
      [0, 100],
      [1, 100],
      [2, 100],
    ]);
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const line = new StartLine();
      line.open(0, 40);
      line.open(1, 70);
      line.open(2, 0);
      line.ends(ends);
      const first = [3 * MINUTE, 8 * MINUTE, 20 * MINUTE];
      for (const partition of order) line.read(partition, first[partition] ?? null);
      for (const partition of order) line.read(partition, 60 * MINUTE);
      expect(line.at).toBe(8 * MINUTE);
    }
  });

  it('R3: a slice without a valid event time leaves the word to the next', () => {
    const line = new StartLine();
    line.open(0, 7);
    line.read(0, null);
    expect(line.at).toBe(-Infinity);
    line.read(0, 4 * MINUTE);
    line.read(0, 9 * MINUTE);
    expect(line.at).toBe(4 * MINUTE);
  });

  it('R3: partitions that start at their ends: the first record of any of them, and no later one', () => {
    const line = new StartLine();
    line.open(0, 40);
    line.open(1, 70);
    line.ends(
      new Map([
        [0, 40],
        [1, 70],
      ]),
    );
    // Ends heard of later are not those of the start.
    line.ends(
      new Map([
        [0, 41],
        [1, 71],
      ]),
    );
    line.read(1, 3 * MINUTE);
    line.read(0, 600 * MINUTE);
    expect(line.at).toBe(3 * MINUTE);
  });

  it('R3: next to a partition that starts at its end those with records count from their first', () => {
    const line = new StartLine();
    line.open(0, 0);
    line.open(1, 70);
    line.ends(
      new Map([
        [0, 40],
        [1, 70],
      ]),
    );
    line.read(0, 3 * MINUTE);
    expect(line.at).toBe(3 * MINUTE);
    line.read(1, 30 * MINUTE);
    expect(line.at).toBe(3 * MINUTE);
  });

  it('goes on where its snapshot was taken', () => {
    const line = new StartLine();
    line.open(0, 40);
    line.open(1, 70);
    line.ends(new Map([[0, 100]]));
    line.read(0, 3 * MINUTE);
    const again = new StartLine();
    again.restore(JSON.parse(JSON.stringify(line.snapshot())) as never);
    again.read(1, 5 * MINUTE);
    expect(again.at).toBe(5 * MINUTE);
    expect(new StartLine().snapshot()).toEqual({
      ...{ at: '-Infinity', hasRead: false, hasEnds: false, unread: [] },
    });
  });
});
