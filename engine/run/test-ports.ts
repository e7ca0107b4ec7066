/** Ports in memory: what a test gives is read, what comes out is kept. */
import { type Observable, concat, concatMap, defer, from, ignoreElements, of } from 'rxjs';
import { type Cell, cellOf } from '../core/batch.ts';
import type { ResumePoint, SinkPort, SourceEvent, SourcePort } from '../graph/ports.ts';
import { type Step, type TestInput, frameOf } from './test-input.ts';

/** A wait is many fetches that come back empty, each of so much time (T5), if it is not a long one. */
const POLL_MS = 1000;
const POLLS = 200;

/** How a source reads. */
interface Reading {
  readonly steps: readonly Step[];
  readonly maxFrameBytes: number;
  /** Resolves when what was read so far has had all its consequences. */
  readonly settled: () => Promise<void>;
}

/** A source that reads some of the steps of its input, then nothing more. */
export function sourceOf(input: TestInput, { steps, maxFrameBytes, settled }: Reading): SourcePort {
  const partitions = Array.from({ length: Math.max(1, input.logs.length) }, (_, i) => i);
  return {
    // eslint-disable-next-line rxjs-x/finnish
    open: (start) =>
      concat(
        of({ kind: 'partitions' as const, partitions }),
        from(steps).pipe(
          // What idleness closes goes into a snapshot first, for which records in reality seldom wait.
          concatMap((step) =>
            step.kind === 'records'
              ? from(framesOf(leftOf(step, start), input))
              : concat(
                  settle$(settled),
                  from(pollsOf(step, input)).pipe(
                    concatMap((poll) => concat(from(poll), settle$(settled))),
                  ),
                ),
          ),
        ),
      ),
    pause: () => undefined,
    resume: () => undefined,
    reread: (partition, first, next) =>
      Promise.resolve(frameOf(input, [{ partition, first, next }])),
    commit: () => Promise.resolve(),
    identity: () => Promise.resolve('test'),
    ends: () => Promise.resolve(new Map(input.logs.map((log, i) => [i, log.length]))),
    maxFrameBytes,
  };
}

const settle$ = (settled: () => Promise<void>): Observable<never> =>
  defer(settled).pipe(ignoreElements());

type Records = Extract<Step, { kind: 'records' }>;

/** A step without the records that a snapshot holds already. */
function leftOf(step: Records, start: ReadonlyMap<number, ResumePoint>): Records {
  const runs = step.runs.map(({ partition, first, next }) => {
    return { partition, first: Math.max(first, start.get(partition)?.nextOffset ?? 0), next };
  });
  return { ...step, runs: runs.filter(({ first, next }) => first < next) };
}

const framesOf = ({ runs }: Records, input: TestInput): SourceEvent[] =>
  runs.length === 0 ? [] : [{ kind: 'frame', frame: frameOf(input, runs) }];

/** Empty fetches of all partitions, time after time. */
function pollsOf({ waitMs }: Extract<Step, { kind: 'wait' }>, input: TestInput): SourceEvent[][] {
  const polls = Math.min(POLLS, Math.ceil(waitMs / POLL_MS));
  const logs = input.logs.length === 0 ? [[]] : input.logs;
  const poll = [...logs.entries()].map(([partition, { length: end }]): SourceEvent => {
    return { kind: 'empty', partition, end, polledMs: waitMs / polls };
  });
  return Array.from({ length: polls }, () => poll);
}

/** A sink of rows that are taken back when the process dies before a snapshot holds them. */
export const sinkOf = (rows: Cell[][]): SinkPort => ({
  open: (handle) => {
    rows.length = Number(handle ?? 0);
    return Promise.resolve();
  },
  write: ({ length, vectors }) => {
    for (let row = 0; row < length; row++) rows.push(vectors.map((vector) => cellOf(vector, row)));
    return Promise.resolve();
  },
  prepare: () => Promise.resolve(rows.length),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
});
