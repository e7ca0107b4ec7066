/** What peers need, below `.engine/bench/peers`: jars from Maven Central, classes, PySpark from PyPI. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HOME = join(import.meta.dirname, '../../../.engine/bench/peers');

/** A directory for a peer's state. */
export function workDirectory(name: string): string {
  const directory = join(HOME, name, 'work');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** The jars of `peers/NAME/pom.xml`; fetched once. Throws when Maven fails. */
export function jarsOf(name: string): string {
  const directory = join(HOME, name);
  const jars = join(directory, 'jars');
  const marker = join(directory, 'complete');
  if (existsSync(marker)) return jars;
  mkdirSync(jars, { recursive: true });
  cpSync(join(import.meta.dirname, name, 'pom.xml'), join(directory, 'pom.xml'));
  const goal = [
    'dependency:copy-dependencies',
    `-DoutputDirectory=${jars}`,
    '-Dmdep.includeScope=runtime',
  ];
  execFileSync('mvn', ['-q', '-B', '-f', join(directory, 'pom.xml'), ...goal], {
    stdio: 'inherit',
  });
  writeFileSync(marker, '');
  return jars;
}

/** A class path with the compiled `peers/NAME/CLASS.java`. Throws when it does not compile. */
export function compiled(name: string, mainClass: string): string {
  const jars = join(jarsOf(name), '*');
  const classes = join(HOME, name, 'classes');
  const source = join(import.meta.dirname, name, `${mainClass}.java`);
  execFileSync('javac', ['-nowarn', '-cp', jars, '-d', classes, source], { stdio: 'inherit' });
  return `${classes}:${jars}`;
}

/** The folder that PySpark 3.5.1 is in. */
export function pyspark(): string {
  const target = join(HOME, 'pyspark');
  if (!existsSync(join(target, 'complete'))) {
    execFileSync('pip', ['install', '--quiet', '--target', target, 'pyspark==3.5.1']);
    writeFileSync(join(target, 'complete'), '');
  }
  return target;
}
