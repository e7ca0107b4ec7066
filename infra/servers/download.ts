/**
 * A server's jars, from Maven Central by Maven, into `CACHE/NAME-VERSION/`. A directory counts only
 * with its marker, which lists every file with its size: what broke off half-way, or lost a file
 * since, is fetched again.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { EngineError, messageOf } from '../../engine/errors.ts';
import type { Java } from './java.ts';
import { withLock } from './lock.ts';
import type { Server } from './server.ts';

const markerName = 'complete.json';

interface Marker {
  /** SHA-256 of the pom: other jars are wanted when it changes. */
  readonly pom: string;
  /** Bytes by file name. */
  readonly files: Record<string, number>;
}

/** The directory of a server's jars in a cache. */
export const jarDirectory = (cache: string, server: Server): string =>
  join(cache, `${server.name}-${server.version}`);

const fingerprint = async (pom: URL): Promise<string> =>
  createHash('sha256')
    .update(await readFile(pom))
    .digest('hex');

async function sizes(directory: string): Promise<Record<string, number>> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.jar')).sort();
  const entries = names.map(async (name) => [name, (await stat(join(directory, name))).size]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, number>;
}

/** True when all jars of the server are in the cache, whole and of the wanted versions. */
export async function hasJars(cache: string, server: Server): Promise<boolean> {
  const directory = jarDirectory(cache, server);
  try {
    const marker = JSON.parse(await readFile(join(directory, markerName), 'utf8')) as Marker;
    if (marker.pom !== (await fingerprint(server.pom))) return false;
    return JSON.stringify(marker.files) === JSON.stringify(await sizes(directory));
  } catch {
    return false;
  }
}

const mavenMissing =
  'Maven is needed once, to fetch the jars of the servers, and was not found: install it ' +
  '(Debian, Ubuntu: apt install maven; macOS: brew install maven)';

/**
 * Runs Maven and passes its output on by the line.
 * @returns the last lines of the output
 * @throws EngineError ENG_INFRA_PREREQUISITE when there is no Maven, ENG_INFRA_START when it fails
 */
async function maven(
  args: string[],
  java: Java | undefined,
  onLine: (line: string) => void,
): Promise<string[]> {
  const env = { ...process.env };
  // A Java that is not on the PATH: Maven would not find it by itself.
  if (java !== undefined && java.path !== 'java') env['JAVA_HOME'] = java.home;
  const child = spawn('mvn', ['-B', '-Dstyle.color=never', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail: string[] = [];
  const ended = new Promise<number | null>((settle, reject) => {
    child.once('error', reject);
    child.once('close', settle);
  });
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      // Some launchers reset the terminal's colours whatever they are told.
      tail.push(stripVTControlCharacters(line));
      if (tail.length > 12) tail.shift();
      onLine(line);
    });
  }
  const code = await ended.catch((error: unknown) => {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EngineError(
      absent ? 'ENG_INFRA_PREREQUISITE' : 'ENG_INFRA_START',
      absent ? mavenMissing : `cannot run mvn: ${messageOf(error)}`,
      { cause: error },
    );
  });
  if (code === 0) return tail;
  throw new EngineError('ENG_INFRA_START', `mvn failed:\n${tail.join('\n')}`, {
    retryable: true,
  });
}

/** The version line of Maven; undefined when it is not installed or does not run. */
export async function findMaven(java: Java | undefined): Promise<string | undefined> {
  let first: string | undefined;
  try {
    await maven(['--version'], java, (line) => {
      first ??= /Apache Maven \S+/.exec(line)?.[0];
    });
  } catch {
    return undefined;
  }
  return first;
}

/** Jars, and who is told of the progress: a text, and whether it will be overtaken soon. */
export interface Download {
  readonly cache: string;
  readonly server: Server;
  readonly java: Java;
  readonly onProgress: (text: string, passing: boolean) => void;
}

async function fetchInto(directory: string, download: Download): Promise<void> {
  const { server, onProgress } = download;
  const { jars, mib } = server.size;
  onProgress(`fetching ${jars} jars, ${mib} MiB, with Maven`, false);
  let fetched = 0;
  const args = [
    '--strict-checksums',
    '-f',
    fileURLToPath(server.pom),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${directory}`,
    '-DincludeScope=runtime',
  ];
  await maven(args, download.java, (line) => {
    const name = /Downloaded from .*\/([^/\s]+\.jar) /.exec(line)?.[1];
    if (name !== undefined) onProgress(`fetched ${name} (${++fetched})`, true);
  });
}

/**
 * Makes sure of a server's jars and gives their directory. The first time takes 10 s to minutes
 * (46 to 66 MiB), later milliseconds. Two processes never fetch into one cache at once.
 * @throws EngineError ENG_INFRA_PREREQUISITE without Maven, ENG_INFRA_START when a download fails
 */
export async function fetchJars(download: Download): Promise<string> {
  const { cache, server, onProgress } = download;
  const directory = jarDirectory(cache, server);
  if (await hasJars(cache, server)) return directory;
  const fetch = async (): Promise<string> => {
    if (await hasJars(cache, server)) return directory;
    const draft = `${directory}.partial`;
    const discard = async (path: string): Promise<void> =>
      rm(path, { recursive: true, force: true });
    await discard(draft);
    await mkdir(draft, { recursive: true });
    try {
      await fetchInto(draft, download);
      const marker: Marker = { pom: await fingerprint(server.pom), files: await sizes(draft) };
      await writeFile(join(draft, markerName), JSON.stringify(marker, null, 2));
      await discard(directory);
      await rename(draft, directory);
    } finally {
      await discard(draft);
    }
    return directory;
  };
  return withLock(`${directory}.lock`, fetch, (pid) => {
    onProgress(`waiting for process ${pid}, which fetches the same jars`, false);
  });
}
