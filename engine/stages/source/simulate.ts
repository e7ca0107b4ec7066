/** `simulate`: made-up readings, the same ones every time. */
import type { PlanContext } from '../../plan/planner.ts';
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { formatDuration } from '../../spec/units.ts';

/** Validated fields of the `simulate` source; null is what was not written. */
export interface SimulateArgs {
  readonly dataset: 'weather' | 'sensors';
  /** Event time from the first reading to the last. */
  readonly spanMs: number;
  readonly seed: number;
  /** Seconds of event time in a second; 0: as fast as they can be read. */
  readonly pace: number;
  /** Weather: event time between two rounds of readings, ms. */
  readonly every: number | null;
  /** Sensors: readings of all of them, by event time. */
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  /** Sensors: how many there are. */
  readonly keys: number | null;
  readonly distribution: 'uniform' | 'zipf' | null;
  /** Sensors: readings are out of order by up to this much, ms. */
  readonly disorder: number | null;
}

/** The `simulate` source as the language sees it. */
export const simulateKeyword: Keyword<SimulateArgs> = {
  keyword: 'simulate',
  family: 'source',
  summary: 'Makes readings up: seeded, with a fixed start, so that every run has the same rows.',
  fields: fields
    .object({
      dataset: fields
        .choice(['weather', 'sensors'])
        .describe(
          '`weather`: twelve French cities with a daily cycle. `sensors`: readings `{ at, sensor, value }`, `at` in ms since 1970.',
        ),
      span: fields.otherwise(
        fields.period().describe('Event time covered (default 24h).'),
        86_400_000,
      ),
      every: fields.maybe(
        fields.period().describe('`weather`: event time between readings of a city (default 30s).'),
      ),
      rate: fields.maybe(
        fields.rate().describe('`sensors`: readings of all sensors together (default `10/1s`).'),
      ),
      keys: fields.maybe(
        fields.whole(1, 1_000_000).describe('`sensors`: how many sensors there are (default 100).'),
      ),
      distribution: fields.maybe(
        fields
          .choice(['uniform', 'zipf'])
          .describe(
            '`sensors`: each reads as often as the others, or a few read most (default uniform).',
          ),
      ),
      disorder: fields.maybe(
        fields
          .duration()
          .describe('`sensors`: readings are out of order by up to this much (default 0s).'),
      ),
      seed: fields.otherwise(
        fields.whole(0, 4_294_967_295).describe('Seed of the noise (default 1).'),
        1,
      ),
      pace: fields.otherwise(
        fields
          .whole(0, 1_000_000)
          .describe(
            'Seconds of event time that pass in a second: 1 is live (default 0: as fast as can be).',
          ),
        0,
      ),
    })
    .transform(({ span, ...rest }) => ({ ...rest, spanMs: span })),
  short: 'dataset',
  beside: ['span', 'every', 'rate', 'keys', 'distribution', 'disorder', 'seed', 'pace'],
  aliases: ['generate', 'datagen', 'fake', 'mock', 'random'],
  example: '{ simulate: weather, span: 24h, every: 30s }',
  describe: ({ dataset, spanMs }) => `simulated ${dataset}, ${hours(spanMs)} of readings`,
};

const hours = (spanMs: number): string =>
  spanMs % 3_600_000 === 0 ? `${spanMs / 3_600_000} h` : formatDuration(spanMs);

/** 2024-03-28 00:00 in Paris: every simulation begins there, so that its rows are the same. */
const START_MS = Date.UTC(2024, 2, 27, 23);
/** Of the sensors: as many as a topic without a broker has. */
const PARTITIONS = 4;

/** The `simulate` source. */
export const simulateSource: SourceStage<SimulateArgs> = {
  ...simulateKeyword,
  family: 'source',
  plan(args, context) {
    const { dataset, spanMs, seed, pace } = args;
    reportStray(args, context);
    const scenario = { scenario: dataset, startMs: START_MS, spanMs, seed, pace };
    return {
      connector: {
        kind: 'simulate',
        config: { ...scenario, ...(dataset === 'weather' ? weather(args) : sensors(args)) },
        connection: null,
      },
      framing: 'lines',
      bounded: true,
    };
  },
};

const weather = ({ every }: SimulateArgs): object => ({ everyMs: every ?? 30_000 });

const sensors = ({ rate, keys, distribution, disorder }: SimulateArgs): object => ({
  rate: rate === null ? 10 : (rate.count * 1000) / rate.perMs,
  partitions: PARTITIONS,
  keys: keys ?? 100,
  distribution: distribution ?? 'uniform',
  disorderMs: disorder ?? 0,
});

/** Fields that only one data set has. */
const FIELDS = {
  weather: ['every'],
  sensors: ['rate', 'keys', 'distribution', 'disorder'],
} as const;

function reportStray(args: SimulateArgs, { report, path }: PlanContext): void {
  const other = args.dataset === 'weather' ? 'sensors' : 'weather';
  for (const field of FIELDS[other]) {
    if (args[field] === null) continue;
    report({
      code: 'stray-option',
      path: [...path, field],
      atKey: true,
      message: `\`${field}\` belongs to \`simulate: ${other}\``,
      hint: `\`simulate: ${args.dataset}\` takes ${FIELDS[args.dataset].join(', ')}`,
    });
  }
}
