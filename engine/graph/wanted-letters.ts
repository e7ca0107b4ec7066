/** Dead letters of records that the main thread cannot use: read again for their bytes. */
import { EMPTY, type Observable, type OperatorFunction, from, mergeMap, of, pipe } from 'rxjs';
import type { DeadLetter, Task, WantedLetter } from '../../workers/protocol.ts';
import type { LateReader } from './late-letters.ts';
import type { LetterBatch } from './letter-batch.ts';
import type { Merged } from './merged.ts';
import { runTask } from './rescue.ts';

/** Letters wanted of records [first, next) of a partition. */
interface Wanted {
  readonly partition: number;
  readonly wanted: readonly WantedLetter[];
  readonly first: number;
  readonly next: number;
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
      const offsets = wanted.map(({ offset }) => offset);
      const first = offsets.reduce((least, offset) => Math.min(least, offset));
      const next = offsets.reduce((most, offset) => Math.max(most, offset)) + 1;
      return [{ partition, wanted, first, next, acknowledge: acks.begin() }];
    }),
  );
}

async function readAgain(
  { partition, wanted, first, next, acknowledge }: Wanted,
  { rescue, account }: LateReader,
): Promise<LetterBatch> {
  const frame = await rescue.port.reread(partition, first, next);
  const task: Task = {
    source: rescue.source,
    buffer: frame.buffer,
    slices: frame.slices.map((slice) => ({ ...slice, maxEventTime: -Infinity })),
    ...{ marks: [], late: null, wanted },
  };
  const { replies } = await runTask(task, rescue);
  const letters = replies
    .flatMap((reply): readonly DeadLetter[] => reply.slices.flatMap((slice) => slice.letters))
    .filter(({ code }) => code !== 'WORKER');
  account.refund(wanted.length * WAITING_BYTES);
  return { letters, isCounted: true, onWritten: acknowledge };
}
