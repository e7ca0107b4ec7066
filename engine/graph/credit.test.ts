import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from './credit.ts';

describe('Account', () => {
  it('is full from high on until it is down at low, and says each change once', () => {
    const account = new Account(100, 40);
    const seen: boolean[] = [];
    const subscription = account.full$.subscribe({
      next: (full) => seen.push(full),
      error: () => undefined,
    });
    account.charge(99);
    account.charge(1);
    account.charge(50);
    account.refund(109);
    expect(account.full).toBe(true);
    account.refund(1);
    expect(seen).toEqual([false, true, false]);
    expect(account.peakBytes).toBe(150);
    subscription.unsubscribe();
  });

  it('never holds more than the budget when takers stop at full', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ take: fc.boolean(), bytes: fc.integer({ min: 1, max: 30 }) })),
        (steps) => {
          const account = new Account(100, 50);
          const held: number[] = [];
          for (const { take, bytes } of steps) {
            if (take && !account.full) {
              account.charge(bytes);
              held.push(bytes);
            } else if (held.length > 0) account.refund(held.shift() as number);
            expect(account.heldBytes).toBeLessThan(100 + 30);
            expect(account.heldBytes).toBe(held.reduce((a, b) => a + b, 0));
          }
        },
      ),
    );
  });

  it('does not give back what was not taken', () => {
    const account = new Account(10, 5);
    account.charge(3);
    expect(() => {
      account.refund(4);
    }).toThrow(/engine bug/);
  });
});
