/** One process of the engine's command line, and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from '../../engine/run/progress.ts';
import type { Summary } from '../../engine/run/summary.ts';

const BIN = join(import.meta.dirname, '../../engine/bin.js');
const OURS = /^(KAFKA_|CASSANDRA_|ENGINE_|VITEST|NODE_OPTIONS|API_KEY)/;
const WAIT_MS = 240_000;

type Waiter = () => void;

/** A running or ended `engine …`. */
export class EngineRun {
  /** Lines of stdout. */
  readonly lines: string[] = [];
  /** What `--json` said of progress, oldest first. */
  readonly progress: Progress[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | NodeJS.Signals>;
  readonly #waiters = new Set<Waiter>();
  #summary: Summary | null = null;
  #stderr = '';
  #ended = false;

  /** `nodeArgs` are for node itself; worker threads inherit them. */
  constructor(
    args: readonly string[],
    directory: string,
    variables: Record<string, string>,
    nodeArgs: readonly string[] = [],
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !OURS.test(name));
    this.#child = spawn(process.execPath, [...nodeArgs, BIN, ...args], {
      cwd: directory,
      env: { ...Object.fromEntries(inherited), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('the process has no pipes');
    createInterface({ input: stdout }).on('line', (line) => this.#hear(line));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    this.#exit = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      // `close` comes after all output has been read, `exit` may come before.
      this.#child.on('close', (code, signal) => {
        this.#ended = true;
        this.#wake();
        resolve(code ?? signal ?? 'SIGKILL');
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Everything said on stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The summary that `--json` ends with; throws when there was none. */
  get summary(): Summary {
    if (this.#summary === null) throw new Error(`there was no summary:\n${this.text()}`);
    return this.#summary;
  }

  /** The last progress so far. */
  get latest(): Progress | undefined {
    return this.progress.at(-1);
  }

  /** The end of the process: its exit code, or the signal that killed it. */
  exitCode(): Promise<number | NodeJS.Signals> {
    return this.#exit;
  }

  /** As `exitCode`; fails, and says why, when the process is still there after four minutes. */
  async ending(): Promise<number | NodeJS.Signals> {
    await this.until('its end', () => this.#ended);
    return this.#exit;
  }

  /** Waits for something to be said; fails when the process ends before, or after four minutes. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!holds()) {
      if (this.#ended) throw new Error(`the engine ended before ${what}:\n${this.text()}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}:\n${this.text()}`);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiters.delete(done);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, Math.min(left, 250));
        this.#waiters.add(done);
      });
    }
  }

  /** Sends a signal; nothing happens when the process has ended. */
  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Resident memory now, MiB; null when the process has ended or /proc is not there. */
  residentMib(): number | null {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
      return kib === undefined ? null : Number(kib) / 1024;
    } catch {
      return null;
    }
  }

  /** All that was said, for a message. */
  text(): string {
    return `${this.#stderr.slice(-4000)}\n${this.lines.slice(-5).join('\n')}`;
  }

  #hear(line: string): void {
    this.lines.push(line);
    if (line.startsWith('{"progress"')) {
      this.progress.push((JSON.parse(line) as { progress: Progress }).progress);
    }
    if (line.startsWith('{"summary"')) {
      this.#summary = (JSON.parse(line) as { summary: Summary }).summary;
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
