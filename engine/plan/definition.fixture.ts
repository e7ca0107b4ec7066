/** Definitions for tests: text → plan, with what was found wrong. */
import type { Diagnostic } from '../spec/diagnostic.ts';
import { parseDefinition } from '../spec/parse.ts';
import type { Spec } from '../spec/spec.ts';
import { registry, vocabulary } from '../stages/registry.ts';
import { buildPlan } from './build.ts';
import type { Plan } from './planner.ts';

/** Parses a definition in an empty environment (or the one given). */
export function specOf(
  text: string,
  env: Record<string, string> = {},
  nowMs?: number,
): { spec: Spec | null; diagnostics: readonly Diagnostic[] } {
  return parseDefinition({
    text,
    file: 'test.yaml',
    vocabulary,
    environment: {
      set: new Map(),
      env: new Map(Object.entries(env)),
      dotenv: new Map(),
      topics: () => false,
      bounded: false,
      ...(nowMs === undefined ? {} : { nowMs }),
    },
  });
}

/** Parses and plans a definition in an empty environment (or the one given). */
export function planOf(
  text: string,
  env: Record<string, string> = {},
  nowMs?: number,
): { plan: Plan | null; diagnostics: Diagnostic[] } {
  const { spec, diagnostics } = specOf(text, env, nowMs);
  if (spec === null) return { plan: null, diagnostics: [...diagnostics] };
  const planned = buildPlan(spec, registry);
  return { plan: planned.plan, diagnostics: [...diagnostics, ...planned.diagnostics] };
}

/** The plan of a definition that must be right. */
export function planned(text: string, env: Record<string, string> = {}, nowMs?: number): Plan {
  const { plan, diagnostics } = planOf(text, env, nowMs);
  if (plan === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return plan;
}

/** What is found wrong with a definition: `code: message`, by position. */
export const found = (text: string): string[] =>
  planOf(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);

/** The codes of what is found wrong with a definition, by position. */
export const codesIn = (text: string): string[] => planOf(text).diagnostics.map(({ code }) => code);

/** Parts of a definition: lines that are indented here. */
export interface Parts {
  readonly source?: string;
  readonly stages?: string;
  readonly sinks?: string;
  readonly more?: string;
}

const indented = (lines: string, by: number): string =>
  lines.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** The source `readings` of `definition`. */
export const readings = `
file: "data/*.ndjson"
schema: { city: string!, region: string, t: double!, felt: double, n: int, at: timestamp! }
event_time: { column: at, iso: true }
watermark: { out_of_order: 10s }
`;

/** A definition over `readings`; without sinks, one that prints the readings. */
export const definition = ({
  source = readings,
  stages = '',
  sinks = 'raw: { from: readings, stdout: {} }',
  more = '',
}: Parts): string => `
name: test
timezone: Europe/Paris
connections:
  kafka: { brokers: "localhost:9092" }
  cassandra: { contact_points: "localhost:9042", keyspace: measured }
params:
  LEAST: { type: double, default: 1 }
sources:
  readings:
${indented(source, 4)}
${stages === '' ? '' : `stages:\n${indented(stages, 2)}`}
sinks:
${indented(sinks, 2)}
${more}
`;
