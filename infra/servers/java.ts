import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from '../../engine/errors.ts';

const run = promisify(execFile);

/** A Java runtime of this machine. */
export interface Java {
  /** The executable, as it was looked for. */
  readonly path: string;
  /** 8, 11, 17 … */
  readonly major: number;
  /** Its own idea of JAVA_HOME. */
  readonly home: string;
}

/** Reads what `java -XshowSettings:properties -version` prints; undefined when it is not that. */
export function parseJavaSettings(text: string): Omit<Java, 'path'> | undefined {
  const version = /^\s*java\.specification\.version = (?:1\.)?(\d+)\s*$/m.exec(text)?.[1];
  const home = /^\s*java\.home = (.+?)\s*$/m.exec(text)?.[1];
  return version === undefined || home === undefined ? undefined : { major: Number(version), home };
}

async function inspect(path: string): Promise<Java | undefined> {
  try {
    const { stderr } = await run(path, ['-XshowSettings:properties', '-version']);
    const settings = parseJavaSettings(stderr);
    return settings === undefined ? undefined : { path, ...settings };
  } catch {
    return undefined; // Not there, or the stub of macOS that only says where to get one.
  }
}

/** Where Java is put by package managers, beside what JAVA_HOME and PATH say. */
async function installed(): Promise<string[]> {
  const below = async (directory: string, tail: string): Promise<string[]> =>
    (await readdir(directory).catch(() => [])).map((name) => join(directory, name, tail));
  return [
    ...(await below('/usr/lib/jvm', 'bin/java')),
    ...(await below('/Library/Java/JavaVirtualMachines', 'Contents/Home/bin/java')),
    ...[17, 11, 21].map((major) => `/opt/homebrew/opt/openjdk@${major}/bin/java`),
    ...(await below(join(homedir(), '.sdkman/candidates/java'), 'bin/java')),
  ];
}

/**
 * Every Java of this machine that runs, JAVA_HOME and PATH first; looks further only when neither
 * has one of `majors`. About 0.1 s for each one started.
 */
export async function findJavas(majors: readonly number[]): Promise<Java[]> {
  const home = process.env['JAVA_HOME'];
  const first = [...(home === undefined || home === '' ? [] : [join(home, 'bin/java')]), 'java'];
  const found = (await Promise.all(first.map(inspect))).filter((java) => java !== undefined);
  if (found.some((java) => majors.includes(java.major))) return found;
  const others = (await Promise.all((await installed()).map(inspect))).filter(
    (java) => java !== undefined,
  );
  return [...found, ...others];
}

const howToInstall =
  'install Java 17 (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17), ' +
  'and set JAVA_HOME to it when it is not the one on your PATH';

/**
 * The Java to run a server with: the best of `majors` (first is best) among those found.
 * @throws EngineError ENG_INFRA_PREREQUISITE, with what to install, when none fits
 */
export function chooseJava(title: string, majors: readonly number[], found: readonly Java[]): Java {
  for (const major of majors) {
    const java = found.find((each) => each.major === major);
    if (java !== undefined) return java;
  }
  const wants = `${title} runs on Java ${majors.join(', ').replace(/, (?=[^,]*$)/, ' or ')}`;
  const has = found.map((java) => `Java ${java.major} (${java.home})`).join(', ');
  throw new EngineError(
    'ENG_INFRA_PREREQUISITE',
    found.length === 0
      ? `${wants}, and no Java was found: ${howToInstall}`
      : `${wants}, and only ${has} was found: ${howToInstall}`,
    { context: { found: found.map((java) => java.major) } },
  );
}
