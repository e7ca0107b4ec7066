/** kill -9 of the engine at every labelled step, one after the other, over one state. */
import { describe, expect, it } from 'vitest';
import { randomOf } from '../../../engine/core/random.ts';
import { FaultStream } from './stream.fixture.ts';
import { steps } from './steps.ts';

const FIRST_EVENTS = 20_000;
const MORE_EVENTS = 4_000;

/** One test a seed: which step comes when, and at which time it is passed. */
export function describeKills(seeds: readonly number[]): void {
  describe('R1 R2 R6: kill -9 at every step', () => {
    it.each(seeds)('seed %i: loses nothing, counts nothing twice', async (seed) => {
      const random = randomOf(seed);
      const stream = new FaultStream('kill');
      try {
        await stream.create();
        await stream.append(FIRST_EVENTS);
        const order = steps
          .map((step) => ({ ...step, nth: 1 + Math.floor(random() * step.most), place: random() }))
          .sort((a, b) => a.place - b.place);
        for (const { label, nth } of order) await killAt(stream, label, nth);
        const last = await stream.finish();
        expect(last.summary).toMatchObject({ resumed: true, provisional: true });
        await stream.expectExact();
      } finally {
        await stream.remove();
      }
    });
  });
}

/** How often a run may be over before it has come to a step so many times: snapshots go by the clock. */
const ATTEMPTS = 4;

/** Reads more events, each time, until the process is killed at the step. */
async function killAt(stream: FaultStream, label: string, nth: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await stream.append(MORE_EVENTS);
    const life = stream.start(`kill=${label}:${nth}`, '--until', 'end');
    const ended = await life.ending();
    if (ended === 0 && attempt < ATTEMPTS) continue;
    expect(ended, `${label}:${nth} ${life.text()}`).toBe('SIGKILL');
    expect(life.stderr).toContain(`killed at ${label} for the ${nth}. time`);
    return;
  }
}
