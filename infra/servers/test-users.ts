/**
 * Who uses the servers of the tests: a file per test run below `<directory>/users`, named by its
 * process. Runs may overlap; the last one to leave stops the servers, unless they ran before any came.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Registers this process.
 * @param keep true when the servers are not to be stopped, whoever leaves last; inherited by others
 * @returns what to call when it leaves: true when the servers should be stopped now
 */
export function joinUsers(directory: string, keep: boolean): () => boolean {
  const users = join(directory, 'users');
  mkdirSync(users, { recursive: true });
  const others = (): string[] => {
    const names = readdirSync(users).filter((name) => name !== String(process.pid));
    for (const name of names)
      if (!isAlive(Number(name))) rmSync(join(users, name), { force: true });
    return names.filter((name) => isAlive(Number(name)));
  };
  const read = (name: string): string => readFileSync(join(users, name), 'utf8');
  const present = others();
  const isKept = present.length === 0 ? keep : present.some((name) => read(name) === 'keep');
  const own = join(users, String(process.pid));
  writeFileSync(own, isKept ? 'keep' : 'stop');
  return () => {
    rmSync(own, { force: true });
    return !isKept && others().length === 0;
  };
}
