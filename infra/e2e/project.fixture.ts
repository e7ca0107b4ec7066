/** A directory as a user has one: a package.json, definitions, and `.engine/` once something ran. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineRun } from './engine-run.fixture.ts';

const shipped = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../pipelines', name), 'utf8');

/** The shipped weather pipeline. */
export const weatherPipeline = shipped('weather.yaml');
/** The shipped batch pipeline. */
export const batchPipeline = shipped('batch.yaml');
/** The shipped example with two sources. */
export const networksPipeline = shipped('examples/networks.yaml');

/** Variables of the servers under test, as the suite's set-up provides them. */
export function serverVariables(): { KAFKA_BROKERS: string; CASSANDRA_CONTACT_POINTS: string } {
  const { KAFKA_BROKERS, CASSANDRA_CONTACT_POINTS } = process.env;
  if (KAFKA_BROKERS === undefined || CASSANDRA_CONTACT_POINTS === undefined) {
    throw new Error('no servers: run with `npx vitest run --project integration`');
  }
  return { KAFKA_BROKERS, CASSANDRA_CONTACT_POINTS };
}

let names = 0;

/** A name nobody else uses, fit for topics, keyspaces and pipelines: lower case, digits and _. */
export const freshName = (purpose: string): string =>
  `e2e_${purpose}_${process.pid}_${Date.now() % 1_000_000}_${++names}`;

/** A temporary project. Dispose of it with `remove`. */
export class Project {
  readonly directory = mkdtempSync(join(tmpdir(), 'engine-e2e-'));
  readonly #runs: EngineRun[] = [];
  readonly #variables: Readonly<Record<string, string>>;

  /** `variables` are set for every command; no others of ours are. */
  constructor(variables: Readonly<Record<string, string>> = {}) {
    this.#variables = variables;
    this.write('package.json', '{ "name": "e2e", "private": true }\n');
  }

  /** Path of a file of the project. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file; returns its path. */
  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Starts `engine ARGUMENTS…`. */
  start(...args: string[]): EngineRun {
    return this.startWith([], ...args);
  }

  /** Starts `node NODE_ARGUMENTS… engine ARGUMENTS…`. */
  startWith(nodeArgs: readonly string[], ...args: string[]): EngineRun {
    const run = new EngineRun(args, this.directory, this.#variables, nodeArgs);
    this.#runs.push(run);
    return run;
  }

  /** Runs `engine ARGUMENTS…` to its end, which must be exit code 0. */
  async engine(...args: string[]): Promise<EngineRun> {
    const run = this.start(...args);
    const code = await run.exitCode();
    if (code !== 0) throw new Error(`engine ${args.join(' ')} ended with ${code}:\n${run.text()}`);
    return run;
  }

  /** Ends what still runs and removes the directory. */
  async remove(): Promise<void> {
    for (const run of this.#runs) run.kill('SIGKILL');
    await Promise.all(this.#runs.map((run) => run.exitCode()));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
