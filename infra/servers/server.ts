/**
 * What the rest of this folder knows of a server: a description each of kafka.ts and cassandra.ts
 * gives, and the places its files live in.
 */

/** The servers there are, in the order they are printed. */
export const serverNames = ['kafka', 'cassandra'] as const;

/** The name of a server, as the command line and the state directory spell it. */
export type ServerName = (typeof serverNames)[number];

/** Loopback TCP ports: `client` is what users connect to, `inner` the server's own second one. */
export interface ServerPorts {
  readonly client: number;
  readonly inner: number;
}

/** The places of one server below a state directory; all absolute. */
export interface ServerHome {
  /** Holds everything below: `STATE/servers/NAME`. */
  readonly directory: string;
  /** What the server keeps for itself; wiped by reset only. */
  readonly data: string;
  /** Written anew before every start. */
  readonly conf: string;
  /** Standard output and standard error of the server. */
  readonly log: string;
  /** The state file, see state.ts. */
  readonly state: string;
  /** The lock that serialises start and stop, see lock.ts. */
  readonly lock: string;
  /** A JVM argument that only our server of this directory carries: how its process is known. */
  readonly mark: string;
}

/** One launch: where, with what. */
export interface Launch {
  readonly home: ServerHome;
  readonly ports: ServerPorts;
  /** Directory with the server's jars. */
  readonly jars: string;
  /** Path of the java executable. */
  readonly java: string;
  /** Maximal heap in MiB. */
  readonly heapMb: number;
  /** Whether what is acknowledged outlives kill -9 of the server. */
  readonly durable: boolean;
  /** Whether it answers few requests before it ends: then compiling them well does not pay. */
  readonly shortLived: boolean;
}

/** Everything that differs between the servers. */
export interface Server {
  readonly name: ServerName;
  /** For people: `Kafka 3.9.1`. */
  readonly title: string;
  /** Of the server; also in its pom. */
  readonly version: string;
  /** The Maven project that lists its jars. */
  readonly pom: URL;
  /** Jars and MiB to expect, for the progress text only. */
  readonly size: { readonly jars: number; readonly mib: number };
  /** Taken when free and nothing else is asked for. */
  readonly preferredPort: number;
  /** Java major versions it runs on, best first. */
  readonly javaMajors: readonly number[];
  /** Writes configuration and, the first time, the data directory. Idempotent. */
  readonly prepare: (launch: Launch) => Promise<void>;
  /** Arguments of java, without the executable. */
  readonly command: (launch: Launch) => Promise<string[]>;
  /** True when the server gives a right answer in its own protocol on this loopback port. */
  readonly probe: (port: number) => Promise<boolean>;
}
