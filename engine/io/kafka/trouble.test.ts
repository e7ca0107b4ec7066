import { describe, expect, it } from 'vitest';
import { Trouble } from './trouble.ts';

describe('Trouble', () => {
  it('says the first error, a reminder every 30 s, and when it is over', () => {
    const notices: string[] = [];
    const trouble = new Trouble('reading', (text) => notices.push(text));
    trouble.over();
    for (const now of [0, 100, 29_000, 30_000, 31_000]) trouble.met(`lost at ${now}`, now);
    trouble.over();
    trouble.over();
    trouble.met('lost again', 32_000);
    expect(notices).toEqual([
      'reading: lost at 0; trying again',
      'reading: lost at 30000; trying again',
      'reading: works again',
      'reading: lost again; trying again',
    ]);
  });

  it('does not take a rebalance for trouble', () => {
    const notices: string[] = [];
    new Trouble('reading', (text) => notices.push(text)).met('The group is rebalancing', 0);
    expect(notices).toEqual([]);
  });
});
