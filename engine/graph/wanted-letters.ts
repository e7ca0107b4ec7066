/** Dead letters of records that the main thread cannot use: read again for their bytes. */
import { EMPTY, type Observable, type OperatorFunction, from, mergeMap, of, pipe } from 'rxjs';
import type { WantedLetter } from '../../workers/protocol.ts';
import type { LateReader } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged } from './merged.ts';
import { askLetters } from './rescue.ts';

/** Letters wanted of records of a partition. */
interface Wanted {
  readonly partition: number;
  readonly wanted: readonly WantedLetter[];
  readonly acknowledge: () => void;
}

/** What a letter that waits counts for in the ledger, bytes. */
const WAITING_BYTES = 256;
/** Ranges read again at once. */
const AT_ONCE = 2;

/** The letters that merged slices want; counted already. From its merge on a snapshot waits for them. */
export const wantedLetters = (reader: LateReader): OperatorFunction<Merged, LetterBatch> =>
  pipe(
    mergeMap((merged) => wantedOf(merged, reader)),
    mergeMap((wanted) => from(readAgain(wanted, reader)), AT_ONCE),
    mergeMap((letters) => {
      if (letters.letters.length > 0) return of(letters);
      letters.onWritten?.();
      return EMPTY;
    }),
  );

function wantedOf({ slices }: Merged, { acks, account }: LateReader): Observable<Wanted> {
  return from(
    slices.flatMap(({ reply: { partition }, wanted = [] }) => {
      if (wanted.length === 0) return [];
      account.charge(wanted.length * WAITING_BYTES);
      return [{ partition, wanted, acknowledge: acks.begin() }];
    }),
  );
}

async function readAgain(
  { partition, wanted, acknowledge }: Wanted,
  { rescue, account }: LateReader,
): Promise<LetterBatch> {
  const letters = await askLetters(wanted, partition, rescue);
  account.refund(wanted.length * WAITING_BYTES);
  return { letters, isCounted: true, onWritten: acknowledge };
}
