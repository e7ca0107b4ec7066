/** How pipelines of the simulation are written, each with its rules for the oracle. */
import type { Plan } from '../../engine/plan/planner.ts';
import { compile } from '../../engine/run/compile.ts';
import type { StreamRules, StreamStage, StreamWindow } from '../oracles/stream.ts';

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
  /** Its windows count records (W7). */
  readonly isCounted?: boolean;
  /** Its windows are given every so often before they are final (W5). */
  readonly isEarly?: boolean;
  /** Where it writes to, as the definition has it; nobody opens it. */
  readonly connector?: string;
}

function planned(text: string): Plan {
  const { plan, report } = compile(text);
  if (plan === null) throw new Error(report);
  return plan;
}

/** A source of records { k, t, x }. */
export const sourceOf = (name: string, watermark: string): string => `
  ${name}:
    file: ${name}.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { ${watermark}, max_drift: 60s }`;

/** The source that all pipelines read. */
export const readings = {
  text: sourceOf('readings', 'out_of_order: 5s, idle: 30s'),
  rules: { name: 'readings', outOfOrder: 5, idle: 30 },
};

/** `big` is no int from x = 9 on. */
export const big = 'big: cast(x * 250000000 as int)';
/** What windows count. */
export const counts = 'group_by: [k], aggregate: { n: count(), total: sum(x) }';
/** What windows over windows count. */
export const countsAbove = 'group_by: [k], aggregate: { n: count(), total: sum(total) }';

/** The stage that all records pass. */
export const first: StreamStage = {
  name: 'first',
  from: ['readings'],
  dedupWithin: null,
  failsAbove: 8,
};

const rules: Omit<StreamRules, 'windows'> = {
  sources: [readings.rules],
  stages: [first],
  rows: { from: 'first', above: 5 },
  nullKey: null,
};

/** Tumbling and sliding windows. */
export const panes = (size: number, slide = size) => ({ kind: 'panes', size, slide }) as const;

/** Tumbling windows. */
export const tens: StreamWindow = {
  ...{ stage: 'tens', from: ['first'], shape: panes(10), grace: 3, reports: true },
};
/** Sliding windows. */
export const slides: StreamWindow = {
  ...{ stage: 'slides', from: ['first'], shape: panes(25, 10), grace: 0, reports: false },
};

/** A table of a stage. */
export const table = (stage: string): SinkPart => ({ name: stage, stage, kind: 'table' });
/** A file of a stage. */
export const file = (stage: string): SinkPart => ({ name: `${stage}_file`, stage, kind: 'file' });
/** A log of a stage. */
export const log = (stage: string): SinkPart => ({ name: `${stage}_log`, stage, kind: 'log' });
const rows: SinkPart = { name: 'rows', stage: 'rows', kind: 'log' };

const sinksOf = (parts: readonly SinkPart[]): string =>
  parts
    .map(
      ({ name, stage, connector = 'stdout: json' }) =>
        `  ${name}: { from: ${stage}, ${connector} }`,
    )
    .join('\n');

/** A pipeline of `stages`; to its `parts` comes a sink of the records of `first`. */
export const pipelineOf = (
  name: string,
  stages: string,
  given: Partial<StreamRules> &
    Pick<StreamRules, 'windows'> & {
      readonly parts: readonly SinkPart[];
      readonly sourcesText?: string;
    },
): Pipeline => {
  const { parts, sourcesText = readings.text, ...more } = given;
  const plan = planned(`
name: ${name}
connections:
  cassandra: { contact_points: "localhost:9042", keyspace: simulation }
sources: ${sourcesText}
stages:
${stages}
sinks:
${sinksOf(parts)}
  rows: { from: first, where: x > 5, stdout: json }
errors: { decode: dead_letter, expression: dead_letter }
checkpoint: { every: 10s }
`);
  return { plan, rules: { ...rules, ...more }, sinks: [...parts, rows] };
};
