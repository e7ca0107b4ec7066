/**
 * Sources' logs through the graph once more, to sinks in memory: what a run gives that reads them
 * from their beginning to their end, in one process and outside any consumer group. Nothing is
 * written. Sources end (T7), so all windows close; nothing is ever idle.
 */
import { EMPTY, concat, lastValueFrom, of } from 'rxjs';
import type { RowBatch } from '../core/batch.ts';
import { Acknowledgements } from '../graph/acknowledgements.ts';
import { buildGraph } from '../graph/build.ts';
import { openLedger } from '../graph/credit.ts';
import type { Frame, SinkPort, SourceEvent, SourcePort } from '../graph/ports.ts';
import { openTally } from '../graph/tally.ts';
import { Gate, pullEvents } from '../io/pull-source.ts';
import type { Plan } from '../plan/planner.ts';
import { type SourceLogs, framesOf } from './log-scan.ts';
import { openRuntimes } from './parts.ts';
import { poolOf } from './pool-in-memory.ts';

/** Raw bytes and rows under way at most. */
const LEDGER_BYTES = 1 << 26;

/** Runs a plan, its sources bounded, over logs; `onRows` gets the rows of its sinks, by index. */
export async function replayLogs(
  plan: Plan,
  logs: SourceLogs,
  onRows: (sink: number, batch: RowBatch) => void,
): Promise<void> {
  const ports = plan.sources.map(({ name }) => replayOf(logs.get(name)));
  const runtimes = openRuntimes(plan, ports);
  const { windows, dedups } = runtimes;
  const graph$ = buildGraph({
    ...{ plan, windows, dedups, tally: openTally(), acks: new Acknowledgements() },
    pool: poolOf(plan, 1),
    sources: runtimes.sources.map((source) => ({
      ...source,
      events$: concat(source.port.open(source.positions), of({ kind: 'finished' as const })),
    })),
    sinks: plan.sinks.map((_, sink) => sinkOf((batch) => onRows(sink, batch))),
    deadLetters: {
      open: () => Promise.resolve(),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    ledger: openLedger(LEDGER_BYTES),
    durable: () => Promise.resolve(),
    ticks$: () => EMPTY,
    onLetters: () => undefined,
  });
  await lastValueFrom(graph$, { defaultValue: null });
}

const sinkOf = (onRows: (batch: RowBatch) => void): SinkPort => ({
  open: () => Promise.resolve(),
  write: (batch) => {
    onRows(batch);
    return Promise.resolve();
  },
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

type Log = NonNullable<ReturnType<SourceLogs['get']>>;

/** A source that gives the ranges of a log, partition by partition as far as these are held together. */
function replayOf(log: Log | undefined): SourcePort {
  const { port, ranges } = log ?? { port: null, ranges: new Map() as Log['ranges'] };
  const gate = new Gate();
  const reread = (partition: number, first: number, next: number): Promise<Frame> => {
    return port?.reread(partition, first, next) ?? Promise.reject(new Error('no log'));
  };
  const starts = new Map(Array.from(ranges, ([partition, { first }]) => [partition, first]));
  const ends = new Map(Array.from(ranges, ([partition, { next }]) => [partition, next]));
  return {
    // eslint-disable-next-line rxjs-x/finnish
    open: () =>
      pullEvents(async function* (signal): AsyncGenerator<SourceEvent, void> {
        yield { kind: 'partitions', partitions: [...ranges.keys()], starts };
        yield { kind: 'ends', ends };
        const left = new Map(
          Array.from(ranges, ([partition, range]) => [
            partition,
            framesOf({ reread }, partition, range),
          ]),
        );
        while (left.size > 0 && !signal.aborted) {
          await gate.opened([...left.keys()], signal);
          for (const [partition, frames] of left) {
            if (!gate.isOpen(partition)) continue;
            const { value: frame } = await frames.next();
            if (frame === undefined) left.delete(partition);
            else yield { kind: 'frame', frame };
          }
        }
      }),
    pause: (partitions) => gate.pause(partitions),
    resume: (partitions) => gate.resume(partitions),
    reread,
    commit: () => Promise.resolve(),
    identity: () => Promise.resolve('replay'),
    ends: () => Promise.resolve(ends),
    maxFrameBytes: LEDGER_BYTES / 8,
  };
}
