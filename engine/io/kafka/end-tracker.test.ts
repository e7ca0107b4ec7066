import { describe, expect, it } from 'vitest';
import { EndTracker } from './end-tracker.ts';

describe('EndTracker', () => {
  const tracked = (): { tracker: EndTracker; told: [number, number][][] } => {
    const told: [number, number][][] = [];
    return { tracker: new EndTracker((ends) => told.push([...ends])), told };
  };

  it('tells changed ends once a second while there is more to read', () => {
    const { tracker, told } = tracked();
    tracker.set(new Map([[0, 10]]), 0);
    for (const now of [100, 900, 1100, 1200]) tracker.note(0, now, { now, isReached: false });
    expect(told).toEqual([[[0, 10]], [[0, 1100]]]);
  });

  it('tells a changed end at once when it is reached, and an unchanged one never again', () => {
    const { tracker, told } = tracked();
    tracker.set(new Map([[0, 10]]), 0);
    tracker.note(0, 10, { now: 50, isReached: true });
    tracker.note(0, 11, { now: 60, isReached: true });
    tracker.note(0, 11, { now: 9000, isReached: true });
    tracker.note(1, 0, { now: 9001, isReached: true });
    expect(told).toEqual([
      [[0, 10]],
      [[0, 11]],
      [
        [0, 11],
        [1, 0],
      ],
    ]);
  });
});
