/** Runs a plan for a program: `runPipeline` with a default for everything. */
import type { Plan } from '../plan/planner.ts';
import type { Progress } from './progress.ts';
import { runPipeline } from './run.ts';
import type { Summary } from './summary.ts';

/** How to run a plan. */
export interface RunSettings {
  /** As it was compiled with; default the working directory. */
  readonly project?: string;
  /** `'end'`: at the ends of the logs as they are now; ms: after so long; else when its sources end. */
  readonly until?: 'end' | number;
  /** Aborting drains the run: it reads no more, finishes what is on its way, and resolves. */
  readonly stop?: AbortSignal;
  /** Forget the state of earlier runs. */
  readonly fresh?: boolean;
  /** Worker threads; chosen by the machine's cores unless given. */
  readonly workers?: number;
  /** Called twice a second. */
  readonly onProgress?: (progress: Progress) => void;
  /** What a person should know, a sentence each. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Runs a plan to its end, or until it is stopped.
 * @throws EngineError when it fails
 */
export function run(plan: Plan, settings: RunSettings = {}): Promise<Summary> {
  const { project = process.cwd(), until, fresh = false, workers = null } = settings;
  const nothing = (): void => undefined;
  return runPipeline(plan, {
    ...{ project, fresh, workers },
    until:
      typeof until === 'number'
        ? { kind: 'after', ms: until }
        : until === 'end'
          ? { kind: 'end' }
          : null,
    stop: settings.stop ?? new AbortController().signal,
    onProgress: settings.onProgress ?? nothing,
    onNotice: settings.onNotice ?? nothing,
  });
}
