import { homeOf, lenientState, pidOf } from './lookup.ts';
import { host } from './ports.ts';
import { residentMib } from './process.ts';
import { type ServerName, serverNames } from './server.ts';
import { servers } from './servers.ts';
import type { ServerState } from './state.ts';

/** `starting` also stands for a process that hangs; `died` for one that ended without being told to. */
export type Condition = 'running' | 'starting' | 'stopped' | 'died' | 'never started';

/** What is to be said of one server now. */
export interface Status {
  readonly server: ServerName;
  /** `Kafka 3.9.1`. */
  readonly title: string;
  readonly condition: Condition;
  /** `host:port`, also of one that is down and will come back there; null before the first start. */
  readonly address: string | null;
  readonly pid: number | null;
  /** Resident memory in MiB; null unless there is a process. */
  readonly residentMib: number | null;
  /** Epoch ms of the last start; null before the first. */
  readonly startedAt: number | null;
  /** Path of the log. */
  readonly log: string;
}

function conditionOf(state: ServerState | undefined, alive: boolean, answers: boolean): Condition {
  if (alive) return answers ? 'running' : 'starting';
  if (state === undefined) return 'never started';
  return state.pid === null ? 'stopped' : 'died';
}

/** Looks at the servers of a state directory, and asks those that live for an answer (2 s at most). */
async function statusOf(directory: string, name: ServerName): Promise<Status> {
  const home = homeOf(directory, name);
  const state = await lenientState(home);
  const pid = await pidOf(home, state);
  const port = state?.ports.client;
  const answers = pid !== undefined && port !== undefined && (await servers[name].probe(port));
  return {
    server: name,
    title: servers[name].title,
    condition: conditionOf(state, pid !== undefined, answers),
    address: port === undefined ? null : `${host}:${port}`,
    pid: pid ?? null,
    residentMib: (pid === undefined ? undefined : await residentMib(pid)) ?? null,
    startedAt: state?.startedAt ?? null,
    log: home.log,
  };
}

/** Looks at the servers of a state directory, and asks those that live for an answer (2 s at most). */
export const status = async (directory: string): Promise<Status[]> =>
  Promise.all(serverNames.map(async (name) => statusOf(directory, name)));
