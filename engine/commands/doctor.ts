/** `engine doctor`: what this machine has of what the engine needs, one line a finding. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { findMaven, hasJars } from '../../infra/servers/download.ts';
import { findJavas, type Java } from '../../infra/servers/java.ts';
import { engineDirectory, jarCacheOf } from '../../infra/servers/layout.ts';
import { isFree } from '../../infra/servers/ports.ts';
import { servers } from '../../infra/servers/servers.ts';
import { status, type Status } from '../../infra/servers/status.ts';
import { EngineError } from '../errors.ts';

/** One line of the report. `warn`: something will not work; `fail`: the engine will not. */
export interface Finding {
  readonly check: string;
  readonly grade: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do; absent when there is nothing to do. */
  readonly hint?: string;
}

const gib = 2 ** 30;
const inGib = (bytes: number): string => `${(bytes / gib).toFixed(1)} GiB`;

/** Node 22.18 and later run the engine. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const text = `Node ${version}`;
  if (major > 22 || (major === 22 && minor >= 18)) return { check: 'node', grade: 'ok', text };
  const hint = 'install Node 22.18 or newer from nodejs.org';
  return { check: 'node', grade: 'fail', text, hint };
}

/** Kafka and Cassandra run on Java 17 or 11; nothing else here needs Java. */
export function checkJava(found: readonly Java[]): Finding {
  const fitting = [17, 11].flatMap((major) => found.filter((java) => java.major === major));
  const [java] = fitting;
  if (java !== undefined)
    return { check: 'java', grade: 'ok', text: `Java ${java.major}, ${java.home}` };
  const others = found.map((each) => `Java ${each.major}`).join(', ');
  return {
    check: 'java',
    grade: 'warn',
    text:
      found.length === 0 ? 'no Java' : `${others}, and no Java 17 or 11, which Cassandra 5 needs`,
    hint: 'for `engine infra` install Java 17 (apt install openjdk-17-jre-headless, brew install openjdk@17)',
  };
}

/** Maven is needed until the jars are there. */
export function checkMaven(version: string | undefined, jarsThere: boolean): Finding {
  const jars = jarsThere
    ? 'the servers’ jars are fetched'
    : 'the servers’ jars are not fetched yet';
  if (version !== undefined || jarsThere) {
    return { check: 'maven', grade: 'ok', text: `${version ?? 'no Maven, not needed'}; ${jars}` };
  }
  return {
    check: 'maven',
    grade: 'warn',
    text: `no Maven; ${jars}`,
    hint: 'for `engine infra` install Maven (apt install maven, brew install maven)',
  };
}

/** A server that is down does no harm, unless it was not meant to be or cannot come back. */
export function checkServer(server: Status, preferredPort: number, portFree: boolean): Finding {
  const { server: check, title, condition } = server;
  const where = server.address ?? `127.0.0.1:${preferredPort}`;
  if (condition === 'running') return { check, grade: 'ok', text: `${title} answers on ${where}` };
  const text = `${title} ${condition === 'starting' ? 'does not answer yet' : condition}`;
  if (condition === 'starting' || condition === 'died') {
    const hint = `engine infra logs ${check}, engine infra up`;
    return { check, grade: 'warn', text, hint };
  }
  if (portFree) return { check, grade: 'ok', text: `${text}; ${where} is free` };
  return server.address === null
    ? { check, grade: 'ok', text: `${text}; ${where} is taken, another port will be used` }
    : {
        check,
        grade: 'warn',
        text: `${text}; its port ${where} is taken by another program`,
        hint: `engine infra up --${check}-port 0`,
      };
}

/** Jars 110 MiB, as much again in Maven's own store, then data. */
export function checkDisk(freeBytes: number): Finding {
  const text = `${inGib(freeBytes)} free for .engine/`;
  if (freeBytes >= 2 * gib) return { check: 'disk', grade: 'ok', text };
  const hint = 'make room: 2 GiB hold servers, state and archives of a small pipeline';
  return { check: 'disk', grade: freeBytes < gib / 4 ? 'fail' : 'warn', text, hint };
}

/** Both servers take about 0.8 GiB after traffic, a pipeline 0.2 GiB. */
export function checkMemory(availableBytes: number, serversRun: boolean): Finding {
  const text = `${inGib(availableBytes)} of memory available`;
  if (availableBytes >= (serversRun ? gib / 2 : 1.5 * gib))
    return { check: 'memory', grade: 'ok', text };
  const hint = serversRun
    ? 'close something, or engine infra down when the servers are not needed'
    : 'without servers a pipeline runs in 0.2 GiB; with them have 1.5 GiB free';
  return { check: 'memory', grade: availableBytes < gib / 4 ? 'fail' : 'warn', text, hint };
}

async function freeBytesAt(path: string): Promise<number> {
  let there = path;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}

async function examine(): Promise<Finding[]> {
  const directory = engineDirectory(process.cwd());
  const cache = jarCacheOf(directory);
  const all = Object.values(servers);
  const [javas, found, free] = await Promise.all([
    findJavas([17, 11]),
    status(directory),
    freeBytesAt(directory),
  ]);
  const jarsThere = (await Promise.all(all.map(async (each) => hasJars(cache, each)))).every(
    Boolean,
  );
  const maven = await findMaven(javas[0]);
  const ofServers = found.map(async (each) => {
    const { preferredPort } = servers[each.server];
    const port = Number(each.address?.split(':')[1] ?? preferredPort);
    return checkServer(each, preferredPort, await isFree(port));
  });
  // Other systems call memory taken that they would give back: there the whole is all there is to say.
  const memory = process.platform === 'linux' ? process.availableMemory() : totalmem();
  const run = found.some((each) => each.pid !== null);
  return [
    checkNode(process.versions.node),
    checkJava(javas),
    checkMaven(maven, jarsThere),
    ...(await Promise.all(ofServers)),
    checkDisk(free),
    checkMemory(memory, run),
  ];
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function render(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ grade, check, text, hint }) => [
    `${styleText(colours[grade], grade.padEnd(4))} ${check.padEnd(9)} ${text}`,
    ...(hint === undefined ? [] : [`${' '.repeat(15)}→ ${hint}`]),
  ]);
  return `${lines.join('\n')}\n`;
}

async function runDoctor(flags: { json?: true }): Promise<void> {
  const findings = await examine();
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(findings, null, 2)}\n` : render(findings),
  );
  const failed = findings.filter((each) => each.grade === 'fail').map((each) => each.check);
  if (failed.length > 0) {
    throw new EngineError('ENG_INFRA_PREREQUISITE', `this will not work: ${failed.join(', ')}`);
  }
}

/** Adds `engine doctor`. */
export function register(program: Command): void {
  program
    .command('doctor')
    .description('check Node, Java, Maven, the servers, disk and memory')
    .option('--json', 'as JSON')
    .action(async (flags: { json?: true }) => runDoctor(flags));
}
