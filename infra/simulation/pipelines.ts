/** The pipelines that are simulated, by name. */
import type { Plan, SinkNode } from '../../engine/plan/planner.ts';
import { both } from './union-pipeline.ts';
import {
  type Pipeline,
  type SinkPart,
  big,
  counts,
  countsAbove,
  file,
  first,
  log,
  panes,
  pipelineOf,
  slides,
  table,
  tens,
} from './pipeline.ts';

const countsByKey = counts.replace('[k]', '[key]');

const panesText = `
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, ${counts}, late: dead_letter }
  slides: { from: first, window: { sliding: 25s, every: 10s }, ${counts} }
`;
const panesRules = {
  windows: [tens, slides],
  parts: [table('tens'), file('tens'), log('tens'), table('slides')],
};

const plain = pipelineOf(
  'plain',
  `
  first: { from: readings, set: { ${big} } }${panesText}`,
  panesRules,
);

const once = pipelineOf(
  'once',
  `
  first: { from: readings, dedup: { by: [k, x], within: 20s }, set: { ${big} } }${panesText}`,
  { ...panesRules, stages: [{ ...first, dedupWithin: 20 }] },
);

/** W6, and windows over sessions (W8). */
const sessions = pipelineOf(
  'sessions',
  `
  first: { from: readings, set: { ${big} } }
  visits: { from: first, window: { session: 6s, max: 40s, grace: 2s }, ${counts}, late: dead_letter }
  halves: { from: visits, window: { tumbling: 30s }, ${countsAbove} }`,
  {
    windows: [
      {
        ...{ stage: 'visits', from: ['first'], shape: { kind: 'session', gap: 6, max: 40 } },
        ...{ grace: 2, reports: true },
      },
      { stage: 'halves', from: ['visits'], shape: panes(30), grace: 0, reports: false },
    ],
    parts: [table('visits'), file('visits'), log('visits'), table('halves'), file('halves')],
  },
);

/** W8, two deep. */
const upper = pipelineOf(
  'upper',
  `
  first: { from: readings, set: { ${big} } }
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, ${counts}, late: dead_letter }
  wide: { from: tens, window: { sliding: 30s, every: 10s, grace: 2s }, ${countsAbove} }
  deep: { from: wide, window: { tumbling: 60s }, ${countsAbove} }`,
  {
    windows: [
      tens,
      { stage: 'wide', from: ['tens'], shape: panes(30, 10), grace: 2, reports: false },
      { stage: 'deep', from: ['wide'], shape: panes(60), grace: 0, reports: false },
    ],
    parts: [table('tens'), table('wide'), file('wide'), log('wide'), table('deep'), file('deep')],
  },
);

/** W7, also below a dedup. */
const counted = pipelineOf(
  'counted',
  `
  first: { from: readings, set: { ${big} } }
  threes: { from: first, window: { count: 3 }, ${counts} }
  fresh: { from: readings, dedup: { by: [k, x], within: 20s } }
  pairs: { from: fresh, window: { count: 2 }, ${counts} }`,
  {
    stages: [first, { ...first, name: 'fresh', dedupWithin: 20, failsAbove: Infinity }],
    windows: [
      {
        ...{ stage: 'threes', from: ['first'], shape: { kind: 'count', size: 3 } },
        ...{ grace: 0, reports: false },
      },
      {
        ...{ stage: 'pairs', from: ['fresh'], shape: { kind: 'count', size: 2 } },
        ...{ grace: 0, reports: false },
      },
    ],
    parts: [table('threes'), file('threes'), log('threes'), table('pairs'), file('pairs')].map(
      (part) => ({ ...part, isCounted: true }),
    ),
  },
);

const tableOf = (stage: string): SinkPart => ({
  ...table(stage),
  connector: `cassandra: { table: ${stage}, primary_key: [[key], window_start] }`,
});

/** W5: at the end of windows and again on change, and every so often. */
const early = pipelineOf(
  'early',
  `
  first: { from: readings, set: { ${big}, key: "coalesce(k, 'none')" } }
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, ${countsByKey}, late: dead_letter, emit: on_end }
  slides: { from: first, window: { sliding: 25s, every: 10s }, ${countsByKey}, emit: { every: 250ms } }`,
  {
    nullKey: 'none',
    windows: [tens, slides],
    parts: [tableOf('tens'), { ...tableOf('slides'), isEarly: true }],
  },
);

/** By the name that schedules give; the framing of the sources is theirs to say. */
export const pipelines = {
  ...{ plain, once, sessions, upper, counted, early, both },
} satisfies Record<string, Pipeline>;

/** Names of pipelines. */
export type PipelineName = keyof typeof pipelines;

/** How the bytes of a source are framed. */
export type Framing = 'lines' | 'kafka-v2';

/** The plan of a pipeline over another framing. */
export function planOf(pipeline: Pipeline, framing: Framing): Plan {
  let plan = plans.get(`${pipeline.plan.name} ${framing}`);
  if (plan === undefined) {
    const sources = pipeline.plan.sources.map((node) => ({ ...node, framing, bounded: false }));
    // Tables take provisional rows (R7).
    const sinks = pipeline.plan.sinks.map((node, i): SinkNode => {
      const kind = pipeline.sinks[i]?.kind === 'table' ? 'sqlite' : node.connector.kind;
      return { ...node, connector: { ...node.connector, kind } };
    });
    plan = { ...pipeline.plan, sources, sinks };
    plans.set(`${plan.name} ${framing}`, plan);
  }
  return plan;
}

const plans = new Map<string, Plan>();
