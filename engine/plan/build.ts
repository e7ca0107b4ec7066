/**
 * Spec → Plan, in phases:
 *
 *   names and who reads whom → sources → stages in the order of the data → sinks → the whole plan
 *
 * Each phase reports what is wrong and goes on with what is right, so that all findings come at
 * once. What could not be planned offers nothing, or columns marked as broken: whatever reads it is
 * not reported again.
 */
import { type Extensions, noExtensions } from '../core/extension/load.ts';
import { invariant } from '../errors.ts';
import { createCollector } from '../spec/collect.ts';
import type { Diagnostic, Path, Report } from '../spec/diagnostic.ts';
import type { Keyword, KeywordFamily } from '../spec/keyword.ts';
import type { Spec, WindowStageSpec } from '../spec/spec.ts';
import { withCarries } from './carried.ts';
import { checkPlan } from './check.ts';
import { checkEmit } from './check-emit.ts';
import { checkReplay } from './check-replay.ts';
import { checkNames } from './names.ts';
import { inOrderOfFrom } from './order.ts';
import type {
  Plan,
  PlanContext,
  RecordPlanner,
  Scope,
  SinkInput,
  SinkPlanner,
  SourcePlanner,
  WindowPlanner,
} from './planner.ts';
import { planRecords } from './record.ts';
import { planErrors, planSink } from './sink.ts';
import { planSource } from './source.ts';
import { checkTests } from './check-tests.ts';
import { checkTargets } from './targets.ts';
import { planWindow } from './window.ts';

/** What the planner knows of a stage: its keyword and its planner. */
export type PlannedStage = Keyword &
  (
    | (SourcePlanner<unknown> & { readonly family: 'source' })
    | (RecordPlanner<unknown> & { readonly family: 'record' })
    | (WindowPlanner<unknown> & { readonly family: 'window' })
    | (SinkPlanner<unknown> & { readonly family: 'sink' })
  );

/** What a name in `from` offers to whoever reads it. */
export interface Offer extends Scope, SinkInput {
  /** The window stages whose rows these are, the nearest ones; none for rows of records. */
  readonly above: readonly WindowAbove[];
}

/** A window stage and how its rows are told from those of others that a union puts beside them. */
export interface WindowAbove extends Pick<WindowStageSpec, 'name' | 'window' | 'emit'> {
  /** Columns that are the same in all of its rows, with their values as JSON. */
  readonly constants: ReadonlyMap<string, string>;
}

/** The state of one build. */
export interface Building {
  readonly spec: Spec;
  readonly report: Report;
  readonly offers: ReadonlyMap<string, Offer>;
  /** Names of the aggregates of extensions. */
  readonly ownAggregates: readonly string[];
  /** Offers columns under a name; the first offer of a name stands. */
  offer(name: string, offer: Offer): void;
  stageOf<F extends KeywordFamily>(
    family: F,
    keyword: string,
  ): Extract<PlannedStage, { readonly family: F }>;
  context(path: Path): PlanContext;
}

/** Plans a definition; `plan` is null when anything is an error. Diagnostics come by position. */
export function buildPlan(
  spec: Spec,
  registry: readonly PlannedStage[],
  extensions: Extensions = noExtensions,
): { plan: Plan | null; diagnostics: Diagnostic[] } {
  const collector = createCollector(() => spec.locator);
  const building = beginBuilding(spec, { registry, extensions, report: collector.report });
  checkNames(spec, collector.report);
  const sources = present(spec.sources.map((source) => planSource(source, building)));
  const stages = present(
    inOrderOfFrom(spec, collector.report).map((stage) =>
      stage.kind === 'record' ? planRecords(stage, building) : planWindow(stage, building),
    ),
  );
  const sinks = present(spec.sinks.map((sink) => planSink(sink, building)));
  const errors = planErrors(spec, building);
  const { name, timezone, limits, checkpoint, notices } = spec;
  const nodes = { sources, stages, sinks };
  checkPlan({ ...nodes, limits }, spec, collector.report);
  checkReplay(nodes, collector.report);
  checkEmit(nodes, collector.report);
  checkTargets(sinks, collector.report);
  if (!collector.failed()) checkTests(spec.tests, nodes, collector.report);
  const diagnostics = collector.diagnostics();
  if (collector.failed()) return { plan: null, diagnostics };
  const whole =
    sources.length === spec.sources.length &&
    stages.length === spec.stages.length &&
    sinks.length === spec.sinks.length;
  invariant(whole && errors !== null, 'a planner gave nothing and did not say why');
  const plan = {
    format: 1,
    name,
    timezone,
    ...nodes,
    stages: withCarries(nodes),
    errors,
    limits,
    checkpoint,
    notices,
    ...(extensions.urls.length > 0 && { extensions: extensions.urls }),
  } as const;
  return { plan, diagnostics };
}

function beginBuilding(
  spec: Spec,
  {
    registry,
    extensions,
    report,
  }: {
    readonly registry: readonly PlannedStage[];
    readonly extensions: Extensions;
    readonly report: Report;
  },
): Building {
  const { timezone, name: pipeline } = spec;
  const parameters = new Map(spec.parameters.map((parameter) => [parameter.name, parameter]));
  const offers = new Map<string, Offer>();
  return {
    spec,
    report,
    offers,
    ownAggregates: extensions.aggregates.map((each) => each.name),
    offer: (name, offer) => {
      if (!offers.has(name)) offers.set(name, offer);
    },
    stageOf: (family, keyword) => {
      const stage = registry.find((one) => one.family === family && one.keyword === keyword);
      invariant(stage !== undefined, `no ${family} stage ${keyword} in the registry`);
      return stage as never;
    },
    context: (path) => ({
      report,
      path,
      pipeline,
      timezone,
      parameters,
      connection: (kind, name) => {
        const connection = spec.connections.get(name ?? kind);
        return connection?.kind === kind ? connection : null;
      },
    }),
  };
}

const present = <T>(items: readonly (T | null)[]): T[] => items.filter((item) => item !== null);
