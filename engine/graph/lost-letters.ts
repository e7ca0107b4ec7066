/**
 * Letters of late records where reading again killed the worker: records that were merged well the
 * first time, so that they count, and must have their letters.
 */
import type { DeadLetter, WantedLetter } from '../../workers/protocol.ts';

/** Rows of a slice that are late for a window stage. */
export interface LateRows {
  /** How many, as merging has counted them. */
  readonly late: number;
  readonly lateIdle: number;
  /** Those that the worker knew to be late at the first reading. */
  readonly seen: readonly Pick<DeadLetter, 'offset' | 'index'>[];
}

/** Which row of which record a letter is of. */
export const rowPlace = ({ offset, index }: DeadLetter): LateRows['seen'][number] => ({
  offset,
  ...(index !== undefined && { index }),
});

/**
 * Which letters are missing where records killed the worker that read them once more, after they had
 * been merged: those of records that the first reading knew to be late (by what no worker could read
 * again, the time of a lost record among it), and as many of the lost ones as were counted beyond that.
 * Which of several lost records these are nobody can tell; the first are taken.
 */
export function lettersOfLost(
  found: readonly DeadLetter[],
  { lost, stage, late, lateIdle, seen }: LateRows & { lost: readonly number[]; stage: string },
): { letters: readonly DeadLetter[]; wanted: readonly WantedLetter[] } {
  const nameOf = ({ offset, index }: LateRows['seen'][number]): string =>
    `${offset} ${index ?? ''}`;
  const known = new Set(seen.map(nameOf));
  const letters = found.map((letter): DeadLetter =>
    known.has(nameOf(letter)) ? { ...letter, code: 'LATE' } : letter,
  );
  const names = new Set(letters.map(nameOf));
  const wanted: WantedLetter[] = seen
    .filter((place) => !names.has(nameOf(place)))
    .map((place) => ({ ...place, code: 'LATE', reason: 'late', stage }));
  const places = new Set(seen.map(({ offset }) => offset));
  const open = lost.filter((offset) => !places.has(offset));
  const counted = { LATE: late - wanted.length, LATE_IDLE: lateIdle };
  for (const { code } of letters) counted[code as keyof typeof counted]--;
  for (let i = 0; open.length > 0 && counted.LATE + counted.LATE_IDLE > 0; i++) {
    const code = counted.LATE > 0 ? 'LATE' : 'LATE_IDLE';
    counted[code]--;
    const round = Math.floor(i / open.length);
    const offset = open[i % open.length] as number;
    const reason = 'late; a worker that read it again for this letter did not survive';
    wanted.push({ offset, code, reason, stage, ...(round > 0 && { index: round }) });
  }
  return { letters, wanted };
}
