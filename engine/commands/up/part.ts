/**
 * One part of `engine up`: a process of the engine, started again when it ends.
 *
 *     service    running ──died──▶ waiting (1 s, 2 s, … 30 s) ──▶ running      ended by itself: done
 *     periodic   waiting (its interval) ──▶ running, one command after the other ──▶ waiting
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Progress } from '../../run/progress.ts';

/** What a part runs. */
export interface PartPlan {
  readonly name: string;
  /** Arguments of `engine`: of a service one command, of a periodic part those of a round. */
  readonly commands: readonly (readonly string[])[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Periodic: the pause between two runs, ms; null for a service. */
  readonly everyMs: number | null;
}

/** Told of what happens. */
export interface PartEvents {
  readonly onNotice: (text: string) => void;
  /** A service that ends at once, again and again: there is no use in going on. */
  readonly onHopeless: (text: string) => void;
}

const BIN = fileURLToPath(new URL('../../bin.js', import.meta.url));
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A service that ran so long was all right: it is waited for no longer than at first. */
const HEALTHY_MS = 30_000;
/** Ended sooner than this so many times in a row: hopeless. */
const AT_ONCE_MS = 10_000;
const MOST_AT_ONCE = 3;
/** How long a drain may take before the process is ended. */
const DRAIN_MS = 30_000;
const KEPT_LINES = 20;

/** Runs a part until it is told to stop. */
export class Part {
  readonly name: string;
  readonly #plan: PartPlan;
  readonly #events: PartEvents;
  /** The latest progress of each pipeline. */
  readonly progress = new Map<string, Progress>();
  readonly #lines: string[] = [];
  #child: ChildProcess | null = null;
  #closed: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #startedAt = 0;
  #waitMs = FIRST_WAIT_MS;
  #atOnce = 0;
  /** Index of the command that runs, or runs next. */
  #command = 0;
  #isStopping = false;
  #isDone = false;
  #isRoundWell = true;
  /** Rounds that ended well, of a periodic part. */
  runs = 0;
  /** Times it had to be started again. */
  restarts = 0;

  constructor(plan: PartPlan, events: PartEvents) {
    this.name = plan.name;
    this.#plan = plan;
    this.#events = events;
  }

  /** The process, while there is one. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get state(): 'running' | 'waiting' | 'done' {
    if (this.#isDone) return 'done';
    return this.#child === null ? 'waiting' : 'running';
  }

  /** Starts a service at once, a periodic part when its interval has passed. */
  begin(): void {
    if (this.#plan.everyMs === null) this.#start();
    else this.#again(this.#plan.everyMs);
  }

  #start(): void {
    if (this.#isStopping) return;
    this.#startedAt = performance.now();
    const { commands, env } = this.#plan;
    const args = commands[this.#command] ?? [];
    // A group of its own: Ctrl-C in the terminal must reach the parts in their order.
    const child = spawn(process.execPath, [BIN, ...args], {
      // glibc keeps freed memory in an arena a thread otherwise: some 50 MiB.
      env: { MALLOC_ARENA_MAX: '2', ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#lines.length = 0;
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#keep(line));
    this.#closed = new Promise((resolve) => {
      child.once('error', (error) => this.#keep(error.message));
      child.once('close', (code, signal) => {
        this.#child = null;
        this.progress.clear();
        resolve();
        this.#ended(code, signal);
      });
    });
  }

  /** Drains the process; resolves when it has ended. Nothing is started after this. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#child?.kill('SIGTERM');
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), DRAIN_MS);
    await this.#closed;
    clearTimeout(late);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isStopping) return;
    const { everyMs, name } = this.#plan;
    const last = this.#lines.findLast((line) => line.trim() !== '') ?? 'it said nothing';
    if (everyMs !== null) {
      if (code !== 0)
        this.#events.onNotice(`${name} failed and is tried again in its turn: ${last}`);
      this.#next(code === 0, everyMs);
      return;
    }
    if (code === 0) {
      this.#isDone = true;
      return;
    }
    const ranMs = performance.now() - this.#startedAt;
    this.#atOnce = signal === null && ranMs < AT_ONCE_MS ? this.#atOnce + 1 : 0;
    if (this.#atOnce === MOST_AT_ONCE) {
      this.#isDone = true;
      this.#events.onHopeless(`${name} does not start:\n${this.#lines.join('\n')}`);
      return;
    }
    if (ranMs > HEALTHY_MS) this.#waitMs = FIRST_WAIT_MS;
    this.restarts++;
    const how = signal === null ? `ended with ${String(code)}: ${last}` : `was ended by ${signal}`;
    this.#events.onNotice(`${name} ${how}; started again in ${this.#waitMs / 1000} s`);
    this.#again(this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  /** The next command of the round, or the next round. */
  #next(isWell: boolean, everyMs: number): void {
    const { length } = this.#plan.commands;
    this.#isRoundWell = (this.#command === 0 || this.#isRoundWell) && isWell;
    this.#command = (this.#command + 1) % length;
    if (this.#command > 0) {
      this.#start();
      return;
    }
    if (this.#isRoundWell) this.runs++;
    this.#again(everyMs);
  }

  #again(waitMs: number): void {
    this.#timer = setTimeout(() => this.#start(), waitMs);
  }

  #hear(line: string): void {
    const said = readLine(line);
    if (said?.progress !== undefined) this.progress.set(said.pipeline ?? this.name, said.progress);
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }
}

interface Said {
  readonly progress?: Progress;
  readonly pipeline?: string;
}

function readLine(line: string): Said | null {
  try {
    return JSON.parse(line) as Said;
  } catch {
    return null;
  }
}
