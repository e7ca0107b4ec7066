import { describe, expect, it } from 'vitest';
import type { Answer } from './ask.ts';
import { Roster } from './roster.ts';

const body: Answer = { kind: 'body', body: {} };
const answer = (kind: 'key' | 'busy' | 'wrong' | 'failed'): Answer => ({ kind, reason: 'HTTP x' });
const open = (random = 0): Roster =>
  new Roster(['Paris', 'Lille', 'Brest', 'Nice'], {
    firstMs: 2000,
    longestMs: 300_000,
    random: () => random,
  });

/** How long a row is not asked after an answer at 0, ms. */
const waitOf = (roster: Roster, name: string): number => {
  let ms = 0;
  while (!roster.isDue(name, ms)) ms += 500;
  return ms;
};

describe('Roster', () => {
  it('backs a row that fails off, further each time, and no other', () => {
    const roster = open(1);
    const waits = [1, 2, 3, 4].map(() => {
      roster.judge('Lille', answer('failed'), 0);
      return waitOf(roster, 'Lille');
    });
    expect(waits).toEqual([2000, 4000, 8000, 16_000]);
    for (let i = 0; i < 60; i++) roster.judge('Lille', answer('failed'), 0);
    expect(waitOf(roster, 'Lille')).toBe(300_000);
    expect(roster.isDue('Paris', 0)).toBe(true);
  });

  it('spreads waits: half of it is chance', () => {
    const roster = open(0);
    roster.judge('Lille', answer('failed'), 0);
    expect(waitOf(roster, 'Lille')).toBe(1000);
  });

  it('begins anew after an answer, and says that it came', () => {
    const roster = open(1);
    roster.judge('Lille', answer('failed'), 0);
    roster.judge('Lille', answer('failed'), 0);
    expect(roster.judge('Lille', body, 0)).toBe('Lille answers again');
    expect(roster.judge('Lille', body, 0)).toBeNull();
    roster.judge('Lille', answer('failed'), 0);
    expect(waitOf(roster, 'Lille')).toBe(2000);
  });

  it('waits a minute at least after 429, whatever chance says', () => {
    const roster = open(0);
    const text = roster.judge('Lille', answer('busy'), 0);
    expect(waitOf(roster, 'Lille')).toBe(60_000);
    expect(text).toBe('Lille: HTTP x; asked again in 60 s');
  });

  it('goes on after 401, slowly, and never longer', () => {
    const roster = open(0);
    for (let i = 0; i < 20; i++) roster.judge('Lille', answer('key'), 0);
    expect(waitOf(open(0), 'Paris')).toBe(0);
    expect(waitOf(roster, 'Lille')).toBe(60_000);
    expect(roster.judge('Lille', answer('key'), 0)).toMatch(/is the key right\?/);
  });

  it('drops a row that is wrong, and says so', () => {
    const roster = open();
    expect(roster.judge('Lille', answer('wrong'), 0)).toMatch(/^Lille: HTTP x: it is not asked/);
    expect(roster.isDue('Lille', 1e12)).toBe(false);
    expect(roster.size).toBe(3);
  });

  it('holds all when three are refused in a row, and not when an answer came between', () => {
    const roster = open(0);
    for (const name of ['Lille', 'Brest']) roster.judge(name, answer('busy'), 0);
    roster.judge('Paris', body, 0);
    roster.judge('Lille', answer('busy'), 0);
    expect(roster.isDue('Paris', 0)).toBe(true);
    roster.judge('Brest', answer('key'), 0);
    expect(roster.judge('Nice', answer('busy'), 0)).toMatch(/3 refusals in a row/);
    expect(waitOf(roster, 'Paris')).toBe(60_000);
    expect(roster.nextDueMs()).toBe(60_000);
  });
});
