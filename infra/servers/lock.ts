import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { birthOf } from './process.ts';

let serial = 0;

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function isStale(holder: string): Promise<boolean> {
  const [pid = '', birth] = holder.trim().split('\n');
  return (await birthOf(Number(pid))) !== birth;
}

/** Makes the lock file with its content in one step; false when it is there already. */
async function take(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.${serial++}`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Takes away a lock with this content; puts back what another took at the same moment. */
async function remove(path: string, content: string): Promise<void> {
  if ((await read(path)) !== content) return;
  const aside = `${path}.${process.pid}.${serial++}.aside`;
  await rename(path, aside).catch(() => undefined);
  const taken = await read(aside);
  if (taken !== undefined && taken !== content) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Runs `body` while holding a lock between processes: a file with the holder's pid and the time of
 * its start. A lock whose holder is gone (or whose pid is another process by now) is broken.
 * Waits as long as the holder lives; `onWait` is told its pid, once.
 */
export async function withLock<T>(
  path: string,
  body: () => Promise<T>,
  onWait?: (pid: number) => void,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${process.pid}\n${(await birthOf(process.pid)) ?? ''}\n${serial++}\n`;
  for (let told = false; !(await take(path, own));) {
    const holder = await read(path);
    if (holder === undefined) continue;
    if (await isStale(holder)) {
      await remove(path, holder);
      continue;
    }
    if (!told) onWait?.(Number.parseInt(holder, 10));
    told = true;
    await pause(100);
  }
  try {
    return await body();
  } finally {
    await remove(path, own);
  }
}
