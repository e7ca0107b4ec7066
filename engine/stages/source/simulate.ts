/** `simulate`: made-up readings, the same ones every time. */
import type { SourceStage } from '../contract.ts';
import * as fields from '../../spec/fields.ts';
import type { Keyword } from '../../spec/keyword.ts';
import { formatDuration } from '../../spec/units.ts';

/** Validated fields of the `simulate` source. */
export interface SimulateArgs {
  readonly dataset: 'weather';
  /** Event time from the first reading to the last. */
  readonly spanMs: number;
  /** Event time between two rounds of readings. */
  readonly everyMs: number;
  readonly seed: number;
  /** Seconds of event time in a second; 0: as fast as they can be read. */
  readonly pace: number;
}

/** The `simulate` source as the language sees it. */
export const simulateKeyword: Keyword<SimulateArgs> = {
  keyword: 'simulate',
  family: 'source',
  summary: 'Makes readings up: seeded, with a fixed start, so that every run has the same rows.',
  fields: fields
    .object({
      dataset: fields
        .choice(['weather'], ['sensors'])
        .describe('`weather`: twelve French cities with a daily cycle.'),
      span: fields.otherwise(
        fields.period().describe('Event time covered (default 24h).'),
        86_400_000,
      ),
      every: fields.otherwise(
        fields.period().describe('Event time between readings of a city (default 30s).'),
        30_000,
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
    .transform(({ dataset, span, every, seed, pace }) => ({
      dataset,
      spanMs: span,
      everyMs: every,
      seed,
      pace,
    })),
  short: 'dataset',
  beside: ['span', 'every', 'seed', 'pace'],
  aliases: ['generate', 'datagen', 'fake', 'mock', 'random'],
  example: '{ simulate: weather, span: 24h, every: 30s }',
  describe: ({ dataset, spanMs }) => `simulated ${dataset}, ${hours(spanMs)} of readings`,
};

const hours = (spanMs: number): string =>
  spanMs % 3_600_000 === 0 ? `${spanMs / 3_600_000} h` : formatDuration(spanMs);

/** 2024-03-28 00:00 in Paris: every simulation begins there, so that its rows are the same. */
const START_MS = Date.UTC(2024, 2, 27, 23);

/** The `simulate` source. */
export const simulateSource: SourceStage<SimulateArgs> = {
  ...simulateKeyword,
  family: 'source',
  plan: ({ dataset, ...rest }) => ({
    connector: {
      kind: 'simulate',
      config: { scenario: dataset, startMs: START_MS, ...rest },
      connection: null,
    },
    framing: 'lines',
    bounded: true,
  }),
};
