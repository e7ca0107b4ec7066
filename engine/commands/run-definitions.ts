/** What `engine run` does: runs pipelines and says what they did. */
import { EngineError } from '../errors.ts';
import type { StartedPool } from '../pool/pool.ts';
import type { Plan } from '../plan/planner.ts';
import type { OnDataLoss } from '../graph/ports.ts';
import { upstreamOf } from '../plan/upstream.ts';
import type { Progress } from '../run/progress.ts';
import { readFrom, type StartAt } from '../run/reading.ts';
import type { Until } from '../run/run.ts';
import type { Summary } from '../run/summary.ts';
import { lastRunOf, writeLastRuns } from '../run/last-run.ts';
import { openThreads } from '../run/threads.ts';
import type { Recomputed } from '../run/views/recompute.ts';
import { loadTogether } from './definition.ts';
import type { DefinitionFlags } from './definition-options.ts';
import { printedAsJson, printsRows } from './printed-rows.ts';
import { type Screen, openScreen } from './run-screen.ts';
import { summaryText } from './run-summary.ts';
import { stopOnSignals } from './stop-signals.ts';

/** What the command was told. */
export interface RunFlags extends DefinitionFlags {
  readonly start?: StartAt;
  readonly until?: Until;
  readonly bounded?: boolean;
  readonly views?: boolean;
  readonly simulate?: boolean;
  readonly fresh?: boolean;
  readonly migrate?: boolean;
  readonly onDataLoss: OnDataLoss;
  readonly workers?: number;
  readonly json?: boolean;
}

/** Runs definitions side by side; `pool` is for the first. */
export async function runDefinitions(
  files: readonly string[],
  given: RunFlags,
  pool: StartedPool,
): Promise<void> {
  const flags = given.views === true ? { ...given, bounded: true } : given;
  if (flags.views === true && flags.until !== undefined) {
    throw new EngineError('ENG_CLI_USAGE', '--views reads all there is: leave --until out');
  }
  const definitions = loadTogether(files, flags);
  const { start, json } = flags;
  const plans = definitions.map(({ plan }) => {
    const told = start === undefined ? plan : readFrom(plan, start);
    return json === true ? printedAsJson(told) : told;
  });
  const twice = plans.find(({ name }, i) => plans.findIndex((one) => one.name === name) < i);
  if (twice !== undefined) {
    throw new EngineError('ENG_CLI_USAGE', `two of the definitions are called ${twice.name}`);
  }

  const project = definitions[0]?.project ?? process.cwd();
  const report = reportTo(plans, flags);
  const screen = openScreen(plans.length > 1, report);
  const stop = new AbortController();
  const release = stopOnSignals(stop, () =>
    screen.note(null, 'stopping: finishing what is on its way (again to quit at once)'),
  );
  try {
    const ran = await runTogether(plans, { project, flags, pool, stop, screen });
    screen.close();
    // A batch writes to views of its own: `query` goes on reading what the stream wrote.
    if (flags.views !== true) {
      await writeLastRuns(
        ran.map(({ plan, summary }, i) => lastRunOf(plan, files[i] ?? '', summary)),
        project,
      );
    }
    for (const [i, { plan, summary }] of ran.entries()) {
      if (report !== null) report.write(`${JSON.stringify({ summary })}\n`);
      else process.stderr.write(summaryText(summary, plan, files[i] ?? ''));
    }
  } finally {
    screen.close();
    release();
  }
  if (stop.signal.reason === 'SIGINT') process.exitCode = 130;
}

/** Where progress and summaries go as JSON; null without --json. */
function reportTo(plans: readonly Plan[], { json }: RunFlags): NodeJS.WriteStream | null {
  if (json !== true) return null;
  return plans.some(printsRows) ? process.stderr : process.stdout;
}

interface Together {
  readonly project: string;
  readonly flags: RunFlags;
  readonly pool: StartedPool;
  readonly stop: AbortController;
  readonly screen: Screen;
}

/** Runs pipelines side by side, until all have ended; when one fails, the others drain. */
async function runTogether(
  plans: readonly Plan[],
  { project, flags, pool, stop, screen }: Together,
): Promise<{ plan: Plan; summary: Summary }[]> {
  const upstream = upstreamOf(plans);
  const runs = new Map<Plan, Promise<{ plan: Plan; summary: Summary }>>();
  const start = async (plan: Plan): Promise<{ plan: Plan; summary: Summary }> => {
    const say = (text: string): void => screen.note(plan.name, text);
    plan.notices.forEach(say);
    // What reads from another pipeline is at its end when that one is.
    const above = (): Promise<unknown> =>
      Promise.allSettled((upstream.get(plan) ?? []).flatMap((one) => runs.get(one) ?? []));
    const until =
      flags.until?.kind === 'end' ? { ...flags.until, after: later(above) } : flags.until;
    try {
      const options = {
        project,
        workers: flags.workers ?? null,
        pool: plan === plans[0] ? pool : undefined,
        onDataLoss: flags.onDataLoss,
        stop: stop.signal,
        onNotice: say,
        onProgress: (progress: Progress) => screen.progress(plan.name, progress),
      };
      if (flags.views === true) {
        const { recomputeViews } = await import('../run/views/recompute.ts');
        const { plan: ran, summary, swapped } = await recomputeViews(plan, options);
        for (const view of swapped) say(swappedText(view));
        return { plan: ran, summary };
      }
      const { fresh = false, migrate = false } = flags;
      if (fresh && migrate) {
        throw new EngineError(
          'ENG_CLI_USAGE',
          '--fresh starts over, --migrate goes on: leave one out',
        );
      }
      // The threads start while the rest of the program is being loaded, which leaves no turn to begin in.
      const threads = openThreads(plan, options);
      await threads.catch(() => undefined);

      const { runPipeline } = await import('../run/run.ts');

      const how = { until: until ?? null, fresh, migrate, threads };
      return { plan, summary: await runPipeline(plan, { ...options, ...how }) };
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  for (const plan of plans) runs.set(plan, start(plan));
  const ended = await Promise.allSettled(runs.values());
  return ended.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

const swappedText = ({ table, completeUntil }: Recomputed['swapped'][number]): string =>
  `${table}: the batch view is complete for windows up to ${new Date(completeUntil).toISOString()} (engine query ${table} --merged)`;

/** What `run` gives in the next turn. */
const later = <T>(run: () => Promise<T>): Promise<T> => Promise.resolve().then(run);
