import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outage } from './outage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function outage() {
  const notices: string[] = [];
  const told = new Outage('10.0.0.1:9042');
  return {
    notices,
    begin: () => told.begin('no answer in time', (text) => notices.push(text)),
    end: (taken = true) => told.end((text) => notices.push(text), taken),
    pass: (ms: number) => void vi.advanceTimersByTime(ms),
  };
}

describe('what a person is told about an outage', () => {
  it('is one line at first, one every ten seconds and one when it is over', () => {
    const { notices, begin, end, pass } = outage();
    begin();
    pass(4_000);
    begin();
    pass(17_000);
    end();
    pass(1_000);
    end();
    expect(notices).toEqual([
      'Cassandra 10.0.0.1:9042 does not take writes (no answer in time); trying again until it does',
      'Cassandra 10.0.0.1:9042: still no luck after 10 s, 2 requests wait',
      'Cassandra 10.0.0.1:9042: still no luck after 20 s, 2 requests wait',
      'Cassandra 10.0.0.1:9042 takes writes again, after 22 s',
    ]);
  });

  it('stops when the run gives up', () => {
    const { notices, begin, end, pass } = outage();
    begin();
    end(false);
    pass(60_000);
    expect(notices).toHaveLength(1);
  });

  it('begins anew with the next one', () => {
    const { notices, begin, end, pass } = outage();
    begin();
    end();
    pass(5_000);
    begin();
    pass(10_000);
    end();
    expect(notices.map((text) => / (does|takes|still)/.exec(text)?.[1] ?? text)).toEqual([
      'does',
      'takes',
      'does',
      'still',
      'takes',
    ]);
  });
});
