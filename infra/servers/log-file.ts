import { open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const chunkBytes = 64 * 1024;

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size;
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(to - from);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The last `count` lines of a file, oldest first; none when there is no such file. Reads only its end. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const size = await sizeOf(path);
  if (size === 0 || count <= 0) return [];
  for (let bytes = chunkBytes; ; bytes *= 2) {
    const from = Math.max(0, size - bytes);
    const lines = (await readRange(path, from, size)).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    // The first line may be cut off, unless the file begins with it.
    if (from === 0 || lines.length > count) return lines.slice(-count);
  }
}

/**
 * What is appended to a file from now on, as it comes, until `signal` aborts. Begins again when the
 * file is replaced by a shorter one. Looks four times a second.
 */
export async function* follow(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  let position = await sizeOf(path);
  while (!signal.aborted) {
    const size = await sizeOf(path);
    if (size < position) position = 0;
    if (size > position) {
      const chunk = await readRange(path, position, Math.min(size, position + (1 << 20)));
      position += chunk.length;
      yield chunk;
    } else {
      await pause(250, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Puts a log that has grown beyond `limitBytes` aside as `PATH.1`, in place of the one before. */
export async function rotate(path: string, limitBytes: number): Promise<void> {
  if ((await sizeOf(path)) <= limitBytes) return;
  await rm(`${path}.1`, { force: true });
  await rename(path, `${path}.1`);
}
