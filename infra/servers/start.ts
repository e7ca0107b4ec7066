/**
 * One server from nothing to answering:
 *
 *   look ─ running ─────────────────────────────────────────┐
 *     └─ down, died, never there ─ jars ─ lock ─ look again ┴─ await its answer
 *                                           └─ spawn, note ─┘
 *
 * The lock is held while it is started, not while it wakes up: whoever comes second finds the
 * process and awaits the same answer.
 */
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineError } from '../../engine/errors.ts';
import { fetchJars } from './download.ts';
import { chooseJava, findJavas, type Java } from './java.ts';
import { jarCacheOf, serverHome } from './layout.ts';
import { withLock } from './lock.ts';
import { lastLines, rotate } from './log-file.ts';
import { becomesFree, findPort, host } from './ports.ts';
import { findMarked, isOurs, spawnDetached, stopMarked } from './process.ts';
import type { Server, ServerHome, ServerPorts } from './server.ts';
import { readState, type ServerState, writeState } from './state.ts';

/** How long a server has to end after SIGTERM before it is killed. */
export const stopGraceMs = 20_000;

/** How long a server's own port may be kept by the process it had before, which was killed. */
const portGraceMs = 5_000;

const logLimitBytes = 8 << 20;

/** What is wanted of one server. */
export interface Wanted {
  readonly server: Server;
  /** State directory, absolute. */
  readonly directory: string;
  /** A port; 0 for any free one; undefined for the one it had, else its usual one, else any. */
  readonly port: number | undefined;
  readonly heapMb: number;
  readonly durable: boolean;
  readonly shortLived: boolean;
  /** Limit on the wait for the first answer. */
  readonly timeoutMs: number;
  /** Told what happens; `passing` for what the next text overtakes. */
  readonly onProgress: (text: string, passing: boolean) => void;
}

/** A server's state with a process that is alive and ours. */
interface Running extends ServerState {
  readonly pid: number;
}

/** The places of a server, after its directory was made: links resolved, so that one directory has one mark. */
async function openHome(wanted: Wanted): Promise<ServerHome> {
  await mkdir(wanted.directory, { recursive: true });
  const home = serverHome(realpathSync(wanted.directory), wanted.server.name);
  await mkdir(home.directory, { recursive: true });
  return home;
}

async function findRunning(home: ServerHome): Promise<Running | undefined> {
  const state = await readState(home.state);
  const pid = state?.pid ?? undefined;
  if (state === undefined || pid === undefined || !(await isOurs(pid, home.mark))) return undefined;
  return { ...state, pid };
}

async function choosePorts(wanted: Wanted, before: ServerState | undefined): Promise<ServerPorts> {
  const { server, port } = wanted;
  const fixed = port ?? before?.ports.client;
  const graceMs = port === undefined ? portGraceMs : 0;
  if (fixed !== undefined && fixed !== 0 && !(await becomesFree(fixed, graceMs))) {
    const why = port === undefined ? ', which it had before and its users know,' : '';
    throw new EngineError(
      'ENG_INFRA_START',
      `port ${fixed} for ${server.title}${why} is in use by another program; ` +
        `stop that one, or choose a port with --${server.name}-port`,
      { context: { port: fixed }, retryable: true },
    );
  }
  const client = fixed === undefined ? await findPort(server.preferredPort) : fixed;
  const given = client === 0 ? await findPort(0) : client;
  return {
    client: given,
    inner: await findPort(before?.ports.inner ?? 0, [given]),
  };
}

async function launch(
  wanted: Wanted,
  home: ServerHome,
  java: Java,
  jars: string,
): Promise<Running> {
  const { server, heapMb, durable, shortLived } = wanted;
  const before = await readState(home.state);
  // A process nobody wrote down: the command that started it was killed in that very moment.
  const stray = await findMarked(home.mark);
  if (stray !== undefined) await stopMarked(stray, home.mark, stopGraceMs);
  const ports = await choosePorts(wanted, before);
  const planned = { home, ports, jars, java: java.path, heapMb, durable, shortLived };
  await server.prepare(planned);
  await rotate(home.log, logLimitBytes);
  const args = await server.command(planned);
  const pid = await spawnDetached({
    file: java.path,
    args,
    cwd: home.directory,
    log: home.log,
  });
  const state = {
    version: server.version,
    pid,
    ports,
    heapMb,
    startedAt: Date.now(),
  };
  await writeState(home.state, state);
  wanted.onProgress(`starting on ${host}:${ports.client}, process ${pid}`, false);
  return state;
}

async function startOnce(wanted: Wanted, home: ServerHome): Promise<Running> {
  const { server, onProgress } = wanted;
  const java = chooseJava(server.title, server.javaMajors, await findJavas(server.javaMajors));
  const cache = jarCacheOf(wanted.directory);
  const jars = await fetchJars({ cache, server, java, onProgress });
  return withLock(
    home.lock,
    async () => (await findRunning(home)) ?? (await launch(wanted, home, java, jars)),
    (pid) => {
      onProgress(`waiting for process ${pid}, which starts or stops it`, false);
    },
  );
}

async function failure(title: string, home: ServerHome, what: string): Promise<EngineError> {
  const lines = await lastLines(home.log, 25);
  const text = `${title} ${what}. The end of ${home.log}:\n${lines.join('\n')}`;
  return new EngineError('ENG_INFRA_START', text, { retryable: true });
}

async function awaitAnswer(wanted: Wanted, home: ServerHome, running: Running): Promise<void> {
  const { server, timeoutMs, onProgress } = wanted;
  const { pid, ports } = running;
  const begun = performance.now();
  for (let toldMs = 0; ;) {
    const answers = await server.probe(ports.client);
    // Asked after the probe: the answer is ours only if our process was there to give it.
    if (!(await isOurs(pid, home.mark))) {
      throw await failure(server.title, home, 'ended while it was starting');
    }
    if (answers) return;
    const waitedMs = performance.now() - begun;
    if (waitedMs > timeoutMs) {
      const limit = `did not answer within ${Math.round(timeoutMs / 1000)} s (process ${pid} still runs; \`engine infra down\` ends it)`;
      throw await failure(server.title, home, limit);
    }
    if (waitedMs - toldMs >= 1000) {
      toldMs = waitedMs;
      onProgress(`starting, ${Math.round(waitedMs / 1000)} s`, true);
    }
    await pause(100);
  }
}

/**
 * Makes sure that a server runs and answers; gives its state. One that runs already is left as it
 * is; one that died is started again with its data on its port.
 * @throws EngineError ENG_INFRA_PREREQUISITE without Java or Maven, ENG_INFRA_START when it does not
 *   come up (with the end of its log) or its port is taken, ENG_STATE_CORRUPT
 */
export async function bring(wanted: Wanted): Promise<ServerState> {
  const { server, port, onProgress } = wanted;
  const home = await openHome(wanted);
  const begun = performance.now();
  const found = await findRunning(home);
  const running = found ?? (await startOnce(wanted, home));
  const { client } = running.ports;
  if (port !== undefined && port !== 0 && port !== client) {
    throw new EngineError(
      'ENG_INFRA_START',
      `${server.title} runs already, on port ${client}; \`engine infra down\` first, to move it to ${port}`,
    );
  }
  await awaitAnswer(wanted, home, running);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const how = found === undefined ? `answers after ${seconds} s` : 'runs already';
  onProgress(`${how} on ${host}:${client}`, false);
  return running;
}
