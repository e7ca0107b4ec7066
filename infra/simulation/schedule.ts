/** Schedules: what happens to a pipeline, as plain data that fast-check makes and shrinks. */
import fc from 'fast-check';
import type { StreamRecord } from '../oracles/stream.ts';
import type { Framing, PipelineName } from './pipelines.ts';

/** Records written to a partition; `gap` moves the event time on, `back` is how old each is. */
export interface Written {
  /** Of all topics. */
  readonly partition: number;
  readonly records: readonly {
    readonly kind: StreamRecord['kind'];
    readonly k: string | null;
    readonly gap: number;
    readonly back: number;
    readonly x: number;
  }[];
}

/** One thing that happens. */
export type Command =
  | (Written & { readonly do: 'produce' })
  /** The scheduler picks as many events. */
  | { readonly do: 'work'; readonly steps: number }
  /** Virtual time goes on. */
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'checkpoint' }
  /** A sink, the dead letters or the disk stop answering, fail, or recover. */
  | {
      readonly do: 'turn';
      readonly actor: number;
      readonly into: 'stuck' | 'broken' | 'well';
    }
  | { readonly do: 'kill'; readonly worker: number }
  /**
   * The group of a topic changes (R8): another member takes partitions, one of them or all, or gives
   * back what it has (if it has none, all join anew); the coordinator has lost the reader; the
   * reader's connection breaks.
   */
  | {
      readonly do: 'rebalance';
      readonly topic: number;
      readonly into: 'taken' | 'given' | 'lost' | 'cut';
      readonly partition: number | null;
    }
  /** A topic gets another partition. */
  | { readonly do: 'grow'; readonly topic: number }
  /** The process drains, as after Ctrl-C or --until end, and starts again. */
  | { readonly do: 'stop'; readonly provisional: boolean }
  /** The process dies and starts again; perhaps its newest snapshot cannot be read any more. */
  | { readonly do: 'crash'; readonly corrupts: boolean };

/** A whole course of events. */
export interface Schedule {
  readonly pipeline: PipelineName;
  /** Of lines all kinds of records but good, bad and poison are good. */
  readonly framing: Framing;
  readonly seed: number;
  readonly partitions: number;
  readonly workers: number;
  readonly budgetBytes: number;
  /** Whether the source ends (T7) or falls idle (T5). */
  readonly isBounded: boolean;
  /** What lay in the logs before: reading begins at one of these records, without its neighbours (R3). */
  readonly before: readonly (Written & { readonly skip: number })[];
  readonly commands: readonly Command[];
}

const record = fc.record({
  kind: fc.oneof(
    { weight: 30, arbitrary: fc.constant('good' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'bad' as const,
        'poison' as const,
        'future' as const,
        'tombstone' as const,
        'gap' as const,
      ),
    },
  ),
  k: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '', null),
  gap: fc.constantFrom(0, 0, 1, 2, 5, 12),
  back: fc.constantFrom(0, 0, 1, 4, 6, 9, 14, 18, 30),
  x: fc.integer({ min: 0, max: 9 }),
});

const written = {
  partition: fc.nat(5),
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
};

const before = fc.record({ ...written, skip: fc.nat(11) });

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('produce' as const),
      ...written,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('work' as const),
      steps: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 5, 20, 40),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'checkpoint' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('turn' as const),
      actor: fc.nat(12),
      into: fc.constantFrom('stuck' as const, 'broken' as const, 'well' as const, 'well' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('kill' as const), worker: fc.nat(1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('rebalance' as const),
      topic: fc.nat(1),
      into: fc.constantFrom(
        ...['taken' as const, 'taken' as const, 'given' as const, 'given' as const],
        ...['given' as const, 'lost' as const, 'cut' as const],
      ),
      partition: fc.constantFrom(0, 1, 2, null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('stop' as const), provisional: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('grow' as const), topic: fc.nat(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      corrupts: fc.constantFrom(false, false, true),
    }),
  },
);

/** How often each comes; the last two take the most time. */
const anyPipeline = fc.oneof(
  { weight: 3, arbitrary: fc.constant('plain' as const) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...['once' as const, 'sessions' as const, 'upper' as const, 'counted' as const],
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('early' as const, 'both' as const) },
);

/** Any schedule; of one pipeline, if it is named. */
export const schedulesOf = (pipeline: PipelineName | null): fc.Arbitrary<Schedule> =>
  fc.record({
    pipeline: pipeline === null ? anyPipeline : fc.constant(pipeline),
    framing: fc.constantFrom('lines' as const, 'kafka-v2' as const, 'kafka-v2' as const),
    seed: fc.nat(),
    partitions: fc.integer({ min: 1, max: 3 }),
    workers: fc.constantFrom(1, 2, 2),
    budgetBytes: fc.constantFrom(1 << 9, 1 << 10, 1 << 13, 1 << 20),
    isBounded: fc.boolean(),
    before: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(before, { minLength: 1, maxLength: 3 }) },
    ),
    commands: fc.array(command, { minLength: 1, maxLength: 32, size: 'max' }),
  });
