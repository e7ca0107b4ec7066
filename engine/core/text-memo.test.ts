import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextMemo } from './text-memo.ts';

/** Numbers whose low bits are those of a few slots; far beyond what fits into 32 bits, too. */
const numbers = fc
  .tuple(
    fc.constantFrom(1, 2, 3, 2 ** 21, 2 ** 22, 2 ** 31, 2 ** 42),
    fc.constantFrom(0, 1, 7, 1023),
  )
  .map(([arrival, slot]) => arrival * 1024 + slot);

const steps = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({
        number: fc.oneof(
          { arbitrary: numbers, weight: 9 },
          { arbitrary: fc.constant(0), weight: 1 },
        ),
        value: fc.oneof(fc.constantFrom(NaN, 0, -1), fc.double()),
      }),
      weight: 20,
    },
    { arbitrary: fc.constant('clear' as const), weight: 1 },
  ),
  { maxLength: 60 },
);

describe('TextMemo', () => {
  it('keeps for each number what was set last, until one with the same low bits is set', () => {
    fc.assert(
      fc.property(steps, fc.array(numbers), (all, asked) => {
        const memo = new TextMemo();
        const kept = new Map<number, number>();
        for (const step of all) {
          if (step === 'clear') {
            memo.clear();
            kept.clear();
          } else {
            memo.set(step.number, step.value);
            for (const other of kept.keys()) {
              if (step.number !== 0 && other % 1024 === step.number % 1024) kept.delete(other);
            }
            if (step.number !== 0) kept.set(step.number, step.value);
          }
          for (const number of [...asked, ...kept.keys(), 0]) {
            expect(memo.has(number)).toBe(kept.has(number));
            if (memo.has(number)) expect(memo.get(number)).toBe(kept.get(number));
          }
        }
      }),
    );
  });

  it('has nothing for number 0, whatever was set', () => {
    const memo = new TextMemo();
    expect(memo.has(0)).toBe(false);
    memo.set(0, 5);
    expect(memo.has(0)).toBe(false);
  });
});
