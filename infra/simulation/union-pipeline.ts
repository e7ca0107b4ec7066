/** The pipeline of two sources: unions of their records, and of rows of windows. */
import {
  type Pipeline,
  big,
  counts,
  countsAbove,
  file,
  first,
  log,
  panes,
  pipelineOf,
  readings,
  sourceOf,
  table,
  tens,
} from './pipeline.ts';

/** Below each source's own dedup windows of their own, whose rows meet in another (W8). */
export const both: Pipeline = pipelineOf(
  'both',
  `
  first: { from: [readings, others], set: { ${big} } }
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, ${counts}, late: dead_letter }
  visits: { from: first, window: { session: 6s, max: 40s, grace: 2s }, ${counts} }
  fresh: { from: readings, dedup: { by: [k, x], within: 20s } }
  ones: { from: fresh, window: { tumbling: 10s, grace: 1s }, ${counts} }
  calm: { from: others, dedup: { by: [k, x], within: 15s } }
  twos: { from: calm, window: { tumbling: 20s }, ${counts}, late: dead_letter }
  wide: { from: [ones, twos], window: { tumbling: 40s, grace: 2s }, ${countsAbove} }`,
  {
    sourcesText: `${readings.text}${sourceOf('others', 'out_of_order: 2s, idle: 20s')}`,
    sources: [readings.rules, { name: 'others', outOfOrder: 2, idle: 20 }],
    ...{ parts: [table('tens'), file('tens'), log('visits'), table('twos'), file('wide')] },
    stages: [
      { ...first, from: ['readings', 'others'] },
      { name: 'fresh', from: ['readings'], dedupWithin: 20, failsAbove: Infinity },
      { name: 'calm', from: ['others'], dedupWithin: 15, failsAbove: Infinity },
    ],
    windows: [
      tens,
      {
        ...{ stage: 'visits', from: ['first'], shape: { kind: 'session', gap: 6, max: 40 } },
        ...{ grace: 2, reports: false },
      },
      { stage: 'ones', from: ['fresh'], shape: panes(10), grace: 1, reports: false },
      { stage: 'twos', from: ['calm'], shape: panes(20), grace: 0, reports: true },
      { stage: 'wide', from: ['ones', 'twos'], shape: panes(40), grace: 2, reports: false },
    ],
  },
);
