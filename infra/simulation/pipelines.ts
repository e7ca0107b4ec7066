/** The pipelines that are simulated, each with its rules for the oracle. */
import type { Plan, SinkNode } from '../../engine/plan/planner.ts';
import { compile } from '../../engine/run/compile.ts';
import type { StreamRules } from '../oracles/stream.ts';

/** A pipeline, and the same said again for the oracle. */
export interface Pipeline {
  readonly plan: Plan;
  readonly rules: StreamRules;
  readonly sinks: readonly SinkPart[];
}

/** A sink: the stage whose rows it gets, and how it keeps its promises. */
export interface SinkPart {
  readonly name: string;
  readonly stage: string;
  /** table: upserts by key. file: prepare and commit (R2). log: at least once (R6). */
  readonly kind: 'table' | 'file' | 'log';
}

function planned(text: string): Plan {
  const { plan, report } = compile(text);
  if (plan === null) throw new Error(report);
  return plan;
}

const source = `
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s, idle: 30s, max_drift: 60s }
`;

/** `big` is no int from x = 9 on. */
const sinks = `
sinks:
  tens: { from: tens, stdout: json }
  tens_file: { from: tens, stdout: json }
  tens_log: { from: tens, stdout: json }
  slides: { from: slides, stdout: json }
  rows: { from: first, where: x > 5, stdout: json }
errors: { decode: dead_letter, expression: dead_letter }
checkpoint: { every: 10s }
`;

const parts: readonly SinkPart[] = [
  { name: 'tens', stage: 'tens', kind: 'table' },
  { name: 'tens_file', stage: 'tens', kind: 'file' },
  { name: 'tens_log', stage: 'tens', kind: 'log' },
  { name: 'slides', stage: 'slides', kind: 'table' },
  { name: 'rows', stage: 'rows', kind: 'log' },
];

const plain: Pipeline = {
  plan: planned(`
name: plain
${source}
stages:
  first: { from: readings, set: { big: cast(x * 250000000 as int) } }
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x) }, late: dead_letter }
  slides: { from: first, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), total: sum(x) } }
${sinks}`),
  rules: {
    source: 'readings',
    outOfOrder: 5,
    dedupWithin: null,
    failsAbove: 8,
    rowsAbove: 5,
    windows: [
      { stage: 'tens', size: 10, slide: 10, grace: 3, reports: true },
      { stage: 'slides', size: 25, slide: 10, grace: 0, reports: false },
    ],
  },
  sinks: parts,
};

const once: Pipeline = {
  plan: planned(`
name: once
${source}
stages:
  first: { from: readings, dedup: { by: [k, x], within: 20s }, set: { big: cast(x * 250000000 as int) } }
  tens: { from: first, window: { tumbling: 10s, grace: 3s }, group_by: [k], aggregate: { n: count(), total: sum(x) }, late: dead_letter }
  slides: { from: first, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), total: sum(x) } }
${sinks}`),
  rules: { ...plain.rules, dedupWithin: 20 },
  sinks: parts,
};

/** By the name that schedules give; the framing of the source is theirs to say. */
export const pipelines: Readonly<Record<'plain' | 'once', Pipeline>> = { plain, once };

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
