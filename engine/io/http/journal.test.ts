import { describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

const line = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`${text}\n`);

function filled(): Journal {
  const journal = new Journal();
  journal.add({ offset: 10, line: line('a'), name: 'Paris', version: '1' });
  journal.add({ offset: 11, line: line('b'), name: 'Lille', version: '1' });
  journal.add({ offset: 12, line: line('c'), name: 'Paris', version: '2' });
  return journal;
}

describe('Journal', () => {
  it('R9: remembers versions as they were at a position, not as they are', () => {
    const journal = filled();
    expect(journal.latest('Paris')).toBe('2');
    expect(journal.memory(10)).toEqual([]);
    expect(journal.memory(12)).toEqual([
      ['Paris', '1'],
      ['Lille', '1'],
    ]);
    expect(new Map(journal.memory(13))).toEqual(
      new Map([
        ['Paris', '2'],
        ['Lille', '1'],
      ]),
    );
  });

  it('forgets lines that are settled, and no version', () => {
    const journal = filled();
    journal.settle(12);
    expect(journal.range(10, 13)).toEqual([line('c')]);
    expect(journal.memory(12)).toEqual([
      ['Paris', '1'],
      ['Lille', '1'],
    ]);
  });

  it('goes on from what it remembered', () => {
    const journal = new Journal();
    journal.restore(filled().memory(13));
    expect(journal.latest('Paris')).toBe('2');
    expect(journal.memory(0)).toEqual(filled().memory(13));
  });
});
