/** Kafka and Cassandra that a test may stop and kill: those of the suite must not be. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ServerName } from '../../servers/server.ts';
import { down, reset, up } from '../../servers/servers.ts';
import { status } from '../../servers/status.ts';

/** Both servers, below a state directory of their own. */
export class OwnServers {
  readonly #directory: string;
  #addresses: { KAFKA_BROKERS: string; CASSANDRA_CONTACT_POINTS: string } | null = null;

  constructor(name: string) {
    this.#directory = resolve('.engine', name);
  }

  /** Variables that point an engine at them. */
  get variables(): { KAFKA_BROKERS: string; CASSANDRA_CONTACT_POINTS: string } {
    if (this.#addresses === null) throw new Error('the servers were not started');
    return this.#addresses;
  }

  /** Where the data of a server lie. */
  data(server: ServerName): string {
    return `${this.#directory}/servers/${server}/data`;
  }

  async start(): Promise<void> {
    await reset(this.#directory);
    const { kafka, cassandra } = await up({
      directory: this.#directory,
      ports: { kafka: 0, cassandra: 0 },
      durable: true,
      shortLived: true,
    });
    this.#addresses = {
      KAFKA_BROKERS: kafka.brokers,
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints,
    };
  }

  /** Sends a signal to a server; its process id. */
  async signal(server: ServerName, name: NodeJS.Signals): Promise<number> {
    const found = (await status(this.#directory)).find((each) => each.server === server);
    if (found?.pid === null || found === undefined) throw new Error(`${server} does not run`);
    process.kill(found.pid, name);
    return found.pid;
  }

  /** Starts a server again that was killed or stopped, on its port, with its data. */
  async restart(server: ServerName): Promise<void> {
    await up({ directory: this.#directory, only: server, durable: true, shortLived: true });
  }

  /** Stops a server in good order. */
  async stop(server: ServerName): Promise<void> {
    await down(this.#directory, server);
  }

  /** Ends both, whatever state they are in, and removes their data. */
  async remove(): Promise<void> {
    for (const server of ['kafka', 'cassandra'] as const) {
      await this.signal(server, 'SIGCONT').catch(() => undefined);
    }
    await reset(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
  }
}
