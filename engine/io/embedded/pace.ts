/**
 * When rounds that are `pauseMs` apart are due: the first one asked for at once, the others in step
 * from there. The function it returns tells how long to wait for a round, ms, at the time `nowMs`.
 */
export function openPace(pauseMs: number): (round: number, nowMs: number) => number {
  let zeroMs: number | null = null;
  return (round, nowMs) => {
    zeroMs ??= nowMs - round * pauseMs;
    return Math.max(0, zeroMs + round * pauseMs - nowMs);
  };
}
