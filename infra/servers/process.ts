/**
 * Processes that outlive the command that started them, and telling ours from everybody else's.
 *
 * A pid alone proves nothing: it may have been given to another program since. So each server
 * carries a mark on its command line, an argument that names its own directory, and no signal is
 * sent to a process without it.
 */
import { execFile, spawn } from 'node:child_process';
import { open, readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EngineError, messageOf } from '../../engine/errors.ts';

const run = promisify(execFile);
const onLinux = process.platform === 'linux';

async function ps(args: string[]): Promise<string> {
  try {
    const { stdout } = await run('ps', args, { maxBuffer: 64 << 20 });
    return stdout;
  } catch {
    return ''; // ps exits with 1 when no process matches.
  }
}

/** True when a command line holds the mark as a whole argument. `arguments_` ends: NUL, or blanks from ps. */
export const carriesMark = (commandLine: string, mark: string): boolean =>
  commandLine.includes('\0')
    ? commandLine.split('\0').includes(mark)
    : ` ${commandLine.trim()} `.includes(` ${mark} `);

async function commandLineOf(pid: number): Promise<string> {
  if (!onLinux) return ps(['-ww', '-o', 'command=', '-p', String(pid)]);
  // Empty for a zombie, which is as good as gone.
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

/** True when this pid is alive and carries the mark. */
export const isOurs = async (pid: number, mark: string): Promise<boolean> =>
  carriesMark(await commandLineOf(pid), mark);

/**
 * The pid of the process that carries the mark, whether or not anybody wrote it down; undefined
 * when there is none. Looks at every process: tens of milliseconds.
 */
export async function findMarked(mark: string): Promise<number | undefined> {
  if (!onLinux) {
    const lines = (await ps(['-axww', '-o', 'pid=,command='])).split('\n');
    const line = lines.find((each) => carriesMark(each, mark));
    return line === undefined ? undefined : Number.parseInt(line, 10);
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(pids.map(async (pid) => isOurs(pid, mark)));
  return pids[ours.indexOf(true)];
}

/**
 * What tells a process from a later one with the same pid: its start, in the system's own words;
 * undefined when there is no such process.
 */
export async function birthOf(pid: number): Promise<string | undefined> {
  if (!onLinux) return (await ps(['-o', 'lstart=', '-p', String(pid)])).trim() || undefined;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22, counted behind the command name, which may itself hold blanks and parentheses.
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}

/** Resident memory of a process in MiB; undefined when it is gone. */
export async function residentMib(pid: number): Promise<number | undefined> {
  const text = onLinux
    ? /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1]
    : (await ps(['-o', 'rss=', '-p', String(pid)])).trim();
  const kib = Number(text);
  return Number.isFinite(kib) && kib > 0 ? Math.round(kib / 1024) : undefined;
}

/** What to start, and where it writes. */
export interface DetachedProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Appended to: standard output and standard error. */
  readonly log: string;
}

/**
 * Starts a process in a session of its own that survives this one, and returns its pid.
 * It gets none of the caller's environment but PATH, HOME and the locale: no secrets of `.env`, no
 * JAVA_TOOL_OPTIONS.
 * @throws EngineError ENG_INFRA_START when the file cannot be run
 */
export async function spawnDetached(wanted: DetachedProcess): Promise<number> {
  const log = await open(wanted.log, 'a');
  try {
    const { PATH, HOME, LANG } = process.env;
    const child = spawn(wanted.file, wanted.args, {
      cwd: wanted.cwd,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      // glibc gives every thread an arena of 64 MiB address space otherwise; Cassandra's own scripts set this too.
      env: { PATH, HOME, LANG, MALLOC_ARENA_MAX: '4' },
    });
    await new Promise<void>((settle, reject) => {
      child.once('spawn', settle);
      child.once('error', reject);
    });
    child.unref();
    return child.pid as number;
  } catch (error) {
    throw new EngineError('ENG_INFRA_START', `cannot run ${wanted.file}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await log.close();
  }
}

/** How a process came to its end. */
export type Ending = 'was gone' | 'stopped' | 'killed';

async function awaitEnd(pid: number, mark: string, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await isOurs(pid, mark)) {
    if (performance.now() > deadline) return false;
    await pause(50);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Ends a process that carries the mark: SIGTERM, and SIGKILL when it still runs after `graceMs`.
 * Any other process with this pid is left alone.
 * @throws EngineError ENG_INFRA_START when it survives SIGKILL for 10 s
 */
export async function stopMarked(pid: number, mark: string, graceMs: number): Promise<Ending> {
  if (!(await isOurs(pid, mark))) return 'was gone';
  signal(pid, 'SIGTERM');
  if (await awaitEnd(pid, mark, graceMs)) return 'stopped';
  signal(pid, 'SIGKILL');
  if (await awaitEnd(pid, mark, 10_000)) return 'killed';
  throw new EngineError('ENG_INFRA_START', `process ${pid} does not end, even when killed`);
}
