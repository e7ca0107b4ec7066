/** `errors.sink.give_up_after`: a sink that takes nothing for so long ends the run. */
import { type Observable, Subject, defer, ignoreElements, merge, takeUntil, tap } from 'rxjs';
import { EngineError } from '../errors.ts';
import type { GraphParts } from './parts.ts';

/** So often it is looked at within that time. */
const LOOKS = 10;

/**
 * The flow, and an error ENG_SINK_FAILED as soon as a sink has had rows for the plan's patience without
 * acknowledging any:
 *
 *     looks (a tenth of it)  .  .  .  .  .  .  .  .  .  .  .  .
 *     given, written         3,0   3,1   3,1   3,1   …
 *     out                                                  ✗    as long after the last acknowledgement
 *
 * Nothing is lost: what is not acknowledged is made again by the next start. Without a patience the
 * flow itself.
 */
export function givingUp(
  flow$: Observable<never>,
  { plan, tally, ticks$ }: Pick<GraphParts, 'plan' | 'tally' | 'ticks$'>,
): Observable<never> {
  const { giveUpAfterMs } = plan.errors;
  if (giveUpAfterMs === undefined) return flow$;
  return defer(() => {
    const done$ = new Subject<void>();
    const sinks = plan.sinks.map(({ name }) => ({ name, written: 0, looks: 0 }));
    const look = (): void => {
      for (const sink of sinks) {
        const written = tally.written.get(sink.name) ?? 0;
        const isWaiting = (tally.given.get(sink.name) ?? 0) > written;
        sink.looks = isWaiting && written === sink.written ? sink.looks + 1 : 0;
        sink.written = written;
        // The first look may come just behind the rows.
        if (sink.looks > LOOKS) throw gaveUp(sink.name, giveUpAfterMs);
      }
    };
    return merge(
      flow$.pipe(tap({ complete: () => done$.next() })),
      ticks$(giveUpAfterMs / LOOKS).pipe(tap(look), ignoreElements(), takeUntil(done$)),
    );
  });
}

const gaveUp = (sink: string, afterMs: number): EngineError =>
  new EngineError(
    'ENG_SINK_FAILED',
    `sink ${sink} took nothing for ${String(afterMs / 1000)} s (errors.sink.give_up_after); nothing is lost: the next start goes on where it stood`,
  );
