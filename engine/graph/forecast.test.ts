import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from './credit.ts';
import { Forecast } from './forecast.ts';

const FRAME = 10;
const HIGH = 100;

/** Dispatches and merges frames as told; every frame gives `share` bytes of rows a byte. */
function run(steps: readonly ('dispatch' | 'merge' | 'acknowledge')[], share: number): Account {
  const rows = new Account(HIGH, HIGH / 2);
  const forecast = new Forecast(rows);
  const underWay: { frameBytes: number; rowBytes: number }[] = [];
  const written: number[] = [];
  for (const step of steps) {
    if (step === 'dispatch' && !rows.full) {
      underWay.push({ frameBytes: FRAME, rowBytes: forecast.reserve(FRAME) });
    }
    const frame = step === 'merge' ? underWay.shift() : undefined;
    if (frame !== undefined) {
      forecast.settle(frame, FRAME * share).subscribe({
        next: (bytes) => {
          rows.charge(bytes);
          written.push(bytes);
        },
        error: expect.unreachable,
      });
    }
    const acknowledged = step === 'acknowledge' ? written.shift() : undefined;
    if (acknowledged !== undefined) rows.refund(acknowledged);
  }
  return rows;
}

describe('Forecast', () => {
  it('dispatches nothing that would exceed the account by more than one frame gives', () => {
    const step = fc.constantFrom('dispatch' as const, 'merge' as const, 'acknowledge' as const);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(0, 1, 3), (steps, share) => {
        // The first frame says what the others will give.
        const rows = run(['dispatch', 'merge', 'acknowledge', ...steps], share);
        expect(rows.peakBytes).toBeLessThan(HIGH + FRAME * Math.max(share, 1));
      }),
      { examples: [[Array.from({ length: 90 }, (_, i) => (i < 60 ? 'dispatch' : 'merge')), 3]] },
    );
  });

  it('reserves nothing for frames that give no rows', () => {
    const dispatches = Array.from({ length: 500 }, () => 'dispatch' as const);
    expect(run(['dispatch', 'merge', ...dispatches], 0).full).toBe(false);
    expect(run(['dispatch', 'merge', ...dispatches], 1).full).toBe(true);
  });
});
