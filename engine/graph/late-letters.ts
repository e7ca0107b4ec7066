/** Dead letters of late records that only the main thread knew to be late: read again for their bytes. */
import {
  EMPTY,
  Observable,
  type OperatorFunction,
  connect,
  filter,
  from,
  merge,
  mergeMap,
} from 'rxjs';
import type { WindowNode } from '../plan/planner.ts';
import type { Slice } from '../../workers/protocol.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Account } from './credit.ts';
import type { LetterBatch } from './letter-batch.ts';
import { type LateRows, lettersOfLost, rowPlace } from './lost-letters.ts';
import type { MergedSlice } from './merged.ts';
import { type Rescue, askLetters, lettersOf, runTask } from './rescue.ts';

/** What reading again needs. */
export interface LateReader {
  readonly rescue: Rescue;
  /** A snapshot behind the slice waits until its letters are acknowledged. */
  readonly acks: Acknowledgements;
  /** Charged for every slice from its merge to the hand-over of its letters. */
  readonly account: Account;
}

/** A slice that is to be read again for one window stage. */
export interface LateSlice {
  readonly reader: LateReader;
  readonly stage: { readonly name: string; readonly index: number; readonly closedUpTo: number };
  readonly range: Pick<Slice, 'partition' | 'firstOffset' | 'nextOffset' | 'maxEventTime'>;
  readonly lateRows: LateRows;
  readonly acknowledge: () => void;
}

/** What a slice that waits counts for in the ledger: letters are few, its bytes are not here. */
const WAITING_BYTES = 64 << 10;
/** Slices read again at once, from the first byte to the acknowledgement of their letters. */
const AT_ONCE = 2;

/** Notes a merged slice to be read again; from here on a snapshot waits for its letters. */
export function lateSlice(
  { reply, maxBefore }: MergedSlice,
  stage: { node: WindowNode; index: number; closedUpTo: number; late: number; lateIdle: number },
  reader: LateReader,
): LateSlice {
  const { acks, account } = reader;
  const { partition, firstOffset, nextOffset } = reply;
  const { node, late, lateIdle } = stage;
  const seen = reply.letters.filter((each) => each.code === 'LATE' && each.stage === node.name);
  account.charge(WAITING_BYTES);
  return {
    reader,
    stage: { name: node.name, index: stage.index, closedUpTo: stage.closedUpTo },
    range: { partition, firstOffset, nextOffset, maxEventTime: maxBefore },
    // Their places without their bytes: there may be many.
    lateRows: { late, lateIdle, seen: seen.map(rowPlace) },
    acknowledge: acks.begin(),
  };
}

/** Passes letters on at once, and those of slices when they have been read again. */
export const lettersAgain = (): OperatorFunction<LetterBatch | LateSlice, LetterBatch> => (late$) =>
  late$.pipe(
    connect((shared$) =>
      merge(
        shared$.pipe(filter((late) => 'letters' in late)),
        shared$.pipe(
          filter((late): late is LateSlice => !('letters' in late)),
          mergeMap((late) => from(readAgain(late)).pipe(untilWritten(late.reader)), AT_ONCE),
        ),
      ),
    ),
  );

/** Passes letters on and completes when they are acknowledged. */
const untilWritten =
  ({ account }: LateReader): OperatorFunction<LetterBatch, LetterBatch> =>
  (letters$) =>
    letters$.pipe(
      mergeMap(({ letters, isCounted, onWritten }) => {
        account.refund(WAITING_BYTES);
        if (letters.length === 0) {
          onWritten?.();
          return EMPTY;
        }
        return new Observable<LetterBatch>((subscriber) => {
          const written = (): void => {
            onWritten?.();
            subscriber.complete();
          };
          subscriber.next({ letters, isCounted, onWritten: written });
        });
      }),
    );

/** All late letters of a slice for one stage, with the exact watermark before it. */
async function readAgain({
  reader: { rescue },
  stage,
  range,
  lateRows,
  acknowledge,
}: LateSlice): Promise<LetterBatch> {
  const { partition, firstOffset, nextOffset, maxEventTime } = range;
  const frame = await rescue.port.reread(partition, firstOffset, nextOffset);
  const task = {
    source: rescue.source,
    buffer: frame.buffer,
    slices: frame.slices.map((slice) => ({ ...slice, maxEventTime })),
    marks: [],
    late: { stage: stage.index, closedUpTo: stage.closedUpTo },
  };
  const all = lettersOf(await runTask(task, rescue));
  // What failed was reported the first time.
  const found = all.filter(({ stage: at, code }) => at === stage.name && code.startsWith('LATE'));
  const lost = all.filter(({ code }) => code === 'WORKER').map(({ offset }) => offset);
  if (lost.length === 0) return { letters: found, isCounted: true, onWritten: acknowledge };
  const { letters, wanted } = lettersOfLost(found, { lost, stage: stage.name, ...lateRows });
  const others = wanted.length === 0 ? [] : await askLetters(wanted, partition, rescue);
  return { letters: [...letters, ...others], isCounted: true, onWritten: acknowledge };
}
