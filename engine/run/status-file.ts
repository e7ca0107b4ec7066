/**
 * `status.json` beside the state of a pipeline: what its run is doing, for `engine status` and for
 * health checks, which may look at no more than the age of the file.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked } from '../io/checkpoint/state-directory.ts';
import type { CheckpointStatistics } from './summary.ts';
import type { PartitionProgress } from './monitor.ts';
import type { Progress } from './progress.ts';

/** How often a run writes it. */
export const STATUS_MS = 5000;

/** What stands in the file. Instants are ISO 8601. */
export interface RunStatus {
  readonly pipeline: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly writtenAt: string;
  /** Why the run ended; null while it goes on, and after a good end. */
  readonly error: string | null;
  readonly progress: Progress;
  readonly partitions: readonly PartitionProgress[];
  readonly checkpoints: CheckpointStatistics;
}

/** What a run says when it writes. */
export type StatusNow = Pick<RunStatus, 'progress' | 'partitions' | 'checkpoints'>;

/** What is known of a pipeline: also whether the process that wrote the file still runs it. */
export interface PipelineStatus extends RunStatus {
  /** `lost`: the process is gone and did not say that it ended. */
  readonly condition: Progress['state'] | 'failed' | 'lost';
  /** Since the file was written, ms. */
  readonly ageMs: number;
}

/** Writes the status of one run. */
export class StatusFile {
  readonly #directory: string;
  readonly #pipeline: string;
  readonly #startedAt: string;
  readonly #nowMs: () => number;
  /** Writes come one after the other. */
  #line: Promise<void> = Promise.resolve();

  constructor(directory: string, pipeline: string, nowMs: () => number = Date.now) {
    this.#directory = directory;
    this.#pipeline = pipeline;
    this.#nowMs = nowMs;
    this.#startedAt = new Date(nowMs()).toISOString();
  }

  /** Replaces the file as a whole. Rejects when the directory cannot be written. */
  write(now: StatusNow, error: string | null = null): Promise<void> {
    const status: RunStatus = {
      pipeline: this.#pipeline,
      pid: process.pid,
      startedAt: this.#startedAt,
      writtenAt: new Date(this.#nowMs()).toISOString(),
      error,
      ...now,
    };
    this.#line = this.#line.then(() => replace(this.#directory, JSON.stringify(status)));
    return this.#line;
  }
}

async function replace(directory: string, json: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = fileIn(directory);
  await writeFile(`${file}.tmp`, `${json}\n`);
  await rename(`${file}.tmp`, file);
}

/** The status of a pipeline by its state directory; null when it never ran there. */
export async function readStatus(
  directory: string,
  nowMs: number = Date.now(),
): Promise<PipelineStatus | null> {
  let text: string;
  try {
    text = await readFile(fileIn(directory), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  const status = JSON.parse(text) as RunStatus;
  return {
    ...status,
    condition: conditionOf(status, isLocked(directory)),
    ageMs: Math.max(0, nowMs - Date.parse(status.writtenAt)),
  };
}

/** The state directories below `parent`, in the order of their names. */
export async function stateDirectories(parent: string): Promise<readonly string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.toSorted().map((name) => join(parent, name));
}

/** What a file and the lock say together. */
export function conditionOf(
  { error, progress }: Pick<RunStatus, 'error' | 'progress'>,
  locked: boolean,
): PipelineStatus['condition'] {
  if (error !== null) return 'failed';
  return progress.state === 'stopped' || locked ? progress.state : 'lost';
}

const fileIn = (directory: string): string => join(directory, 'status.json');
