/**
 * The whole lambda architecture as processes, kept alive together.
 *
 *     servers ──▶ stream: producer and speed layer, which archives
 *             ──▶ batch: the batch layer and the batch views, again and again
 *
 * The end: the stream drains, then the batch run under way, then the servers that were started here.
 */
import { type ServerName, serverNames } from '../../../infra/servers/server.ts';
import { addressesOf, down, up } from '../../../infra/servers/servers.ts';
import { residentMib } from '../../../infra/servers/process.ts';
import { status } from '../../../infra/servers/status.ts';
import { environmentOf } from '../../../infra/servers/environment.ts';
import { messageOf } from '../../errors.ts';
import { MemoryWatch } from './memory.ts';
import { Part, type PartEvents, type PartPlan } from './part.ts';

/** What to keep alive. */
export interface StackPlan {
  /** State directory of the servers; null: none are started here. */
  readonly servers: string | null;
  readonly keepServers: boolean;
  /** Variables of all parts; addresses of servers started here are added. */
  readonly env: Readonly<Record<string, string>>;
  /** In the order of their end. */
  readonly parts: readonly Omit<PartPlan, 'env'>[];
}

const LOOK_MS = 1_000;

/** A running stack. */
export class Stack {
  readonly memory = new MemoryWatch();
  readonly #plan: StackPlan;
  readonly #events: PartEvents;
  #parts: readonly Part[] = [];
  #started: ServerName[] = [];
  #env: Readonly<Record<string, string>> | null = null;
  #now: ReadonlyMap<string, number> = new Map();
  #timer: ReturnType<typeof setInterval> | null = null;
  #looking: Promise<void> | null = null;

  constructor(plan: StackPlan, events: PartEvents) {
    this.#plan = plan;
    this.#events = events;
  }

  /** Variables of all parts: where the servers are; null before they are known. */
  get env(): Readonly<Record<string, string>> | null {
    return this.#env;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  /** MiB of each part and server as last seen. */
  get residentMib(): ReadonlyMap<string, number> {
    return this.#now;
  }

  /** Starts the servers, waits for their first answer, then starts the parts. */
  async start(): Promise<void> {
    const { servers, parts } = this.#plan;
    let { env } = this.#plan;
    if (servers !== null) {
      const before = await status(servers);
      this.#started = serverNames.filter(
        (name) => before.find(({ server }) => server === name)?.condition !== 'running',
      );
      env = { ...env, ...(await this.#bringServers(servers)) };
    }
    this.#env = env;
    this.#parts = parts.map((part) => new Part({ ...part, env }, this.#events));
    for (const part of this.#parts) part.begin();
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = null));
    }, LOOK_MS);
  }

  /** Ends everything in order; `last` is what must go before the servers do. */
  async stop(last: () => Promise<unknown> | undefined): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
    for (const part of this.#parts) await part.stop();
    await last();
    const { servers, keepServers } = this.#plan;
    if (servers === null || keepServers) return;
    for (const name of this.#started) await down(servers, name);
  }

  /** Starts what does not run; the variables that say where they are. */
  async #bringServers(directory: string): Promise<Record<string, string>> {
    const endpoints = await up({
      directory,
      onProgress: ({ server, text, passing }) => {
        if (!passing) this.#events.onNotice(`${server} ${text}`);
      },
    });
    return Object.fromEntries(environmentOf(addressesOf(endpoints)));
  }

  /** Measures, and brings back a server that has died. */
  async #look(): Promise<void> {
    const now = new Map<string, number>();
    const { servers } = this.#plan;
    if (servers !== null) {
      const found = await status(servers);
      for (const { server, residentMib: mib } of found) if (mib !== null) now.set(server, mib);
      const dead = found.filter(({ condition }) => condition === 'died');
      if (dead.length > 0) await this.#heal(dead.map(({ server }) => server).join(' and '));
    }
    for (const { name, pid } of this.#parts) {
      const mib = pid === null ? undefined : await residentMib(pid);
      if (mib !== undefined) now.set(name, mib);
    }
    now.set('this display', (await residentMib(process.pid)) ?? 0);
    this.#now = now;
    this.memory.see(now);
  }

  async #heal(names: string): Promise<void> {
    this.#events.onNotice(`${names} died and is started again, with its data`);
    try {
      await this.#bringServers(this.#plan.servers as string);
    } catch (error) {
      this.#events.onNotice(`it does not start: ${messageOf(error)}`);
    }
  }
}
