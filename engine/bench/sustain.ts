/** Searches the highest rate that the engine keeps up with. */
import type { LatencyResult } from './latency.ts';

/** A rate that was tried. */
export interface Trial {
  readonly result: LatencyResult | null;
  readonly eventsPerSecond: number;
  readonly verdict: 'sustained' | 'too slow' | 'the sender cannot';
}

/** When the broker has events only so long after they were due, it is not the engine that is slow. */
const SENDER_LIMIT_MS = 1_000;

/**
 * Halves the interval between a rate that is sustained (p99 of the latencies at most `limitMs`) and one
 * that is not, `steps` times after the first. Rates that the sender itself does not reach end the
 * search above them: what is found then is a lower bound.
 * @param measure measures one rate; null when rows did not come in time
 */
export async function searchSustainable(
  { from, limitMs, steps }: { from: number; limitMs: number; steps: number },
  measure: (eventsPerSecond: number) => Promise<LatencyResult | null>,
  onTrial: (trial: Trial) => void,
): Promise<{ readonly eventsPerSecond: number; readonly bySender: boolean }> {
  let sustained = 0;
  let tooMuch = Infinity;
  let bySender = false;
  let rate = from;
  for (let step = 0; step <= steps; step++) {
    const eventsPerSecond = Math.round(rate);
    const result = await measure(eventsPerSecond);
    const verdict = verdictOf(result, limitMs);
    onTrial({ result, eventsPerSecond, verdict });
    if (verdict === 'sustained') sustained = eventsPerSecond;
    else {
      tooMuch = eventsPerSecond;
      bySender = verdict === 'the sender cannot';
    }
    rate = Number.isFinite(tooMuch) ? (sustained + tooMuch) / 2 : rate * 2;
  }
  return { eventsPerSecond: sustained, bySender };
}

function verdictOf(result: LatencyResult | null, limitMs: number): Trial['verdict'] {
  if (result === null) return 'too slow';
  if (result.senderBehindMs > SENDER_LIMIT_MS) return 'the sender cannot';
  return result.latencies.p99 <= limitMs ? 'sustained' : 'too slow';
}
