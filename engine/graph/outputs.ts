/** The ends of the graph: rows to their sinks, letters to their place. */
import { type Observable, filter, tap } from 'rxjs';
import { type RowBatch, sizeBytesOf } from '../core/batch.ts';
import type { SinkNode } from '../plan/planner.ts';
import type { LetterBatch } from './letter-batch.ts';
import { writeTo } from './operators/write-to.ts';
import type { GraphParts } from './parts.ts';
import type { SinkPort } from './ports.ts';
import type { SinkRows } from './row-flow.ts';
import { count, countLetters, countReported } from './tally.ts';

/** Hands rows to their sinks; completes when they are acknowledged. Emits nothing. */
export function toSinks(parts: GraphParts): (rows$: Observable<SinkRows>) => Observable<never> {
  const { plan, sinks, ledger, acks, tally } = parts;
  const nameOf = (sink: number): string => (plan.sinks[sink] as SinkNode).name;
  return (rows$) =>
    rows$.pipe(
      filter(({ batch }) => batch.length > 0),
      writeTo<SinkRows>({
        write: ({ sink, batch }) => {
          count(tally.given, nameOf(sink), batch.length);
          return (sinks[sink] as SinkPort).write(batch);
        },
        sizeOf: ({ batch }: { batch: RowBatch }) => sizeBytesOf(batch),
        account: ledger.rows,
        acks,
        onWritten: ({ sink, batch }) => count(tally.written, nameOf(sink), batch.length),
      }),
    );
}

/** What a letter takes beside its value: the objects around it, measured. */
const LETTER_BYTES = 600;

/** Hands letters to their place; completes when they are acknowledged. Emits nothing. */
export function toDeadLetters(
  parts: GraphParts,
): (letters$: Observable<LetterBatch>) => Observable<never> {
  const { deadLetters, ledger, acks, tally, onLetters } = parts;
  return (letters$) =>
    letters$.pipe(
      tap(({ letters, isCounted }) => {
        if (!isCounted) for (const letter of letters) countLetters(tally, letter.code, 1, letter);
        onLetters(letters);
      }),
      writeTo<LetterBatch>({
        write: ({ letters }) => deadLetters.write(letters),
        sizeOf: ({ letters }) =>
          letters.reduce((sum, { value }) => sum + value.byteLength + LETTER_BYTES, 0),
        account: ledger.rows,
        acks,
        onWritten: ({ letters, onWritten }) => {
          countReported(tally, letters);
          onWritten?.();
        },
      }),
    );
}
