/** `engine test --watch`: again and again, as files change. */
import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/** Changes that come together are one: editors write, rename and touch. */
const TOGETHER_MS = 100;

/**
 * Runs `run`, then again whenever one of the files it gave has changed; what it gives anew is watched
 * from then on. Their folders are watched, since editors put a new file in the place of the old.
 * Ends when `signal` is aborted, or never.
 */
export async function watchFiles(
  run: () => Promise<readonly string[]>,
  signal?: AbortSignal,
): Promise<void> {
  do {
    const files = new Set((await run()).map((file) => resolve(file)));
    if (!isEnded(signal)) await nextChange(files, signal);
  } while (!isEnded(signal));
}

const isEnded = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

async function nextChange(files: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
  const folders = new Set([...files].map((file) => dirname(file)));
  await new Promise<void>((done) => {
    let timer: NodeJS.Timeout | undefined;
    const watchers = [...folders].map((folder) =>
      watch(folder, (_, name) => {
        if (name !== null && !files.has(resolve(folder, basename(name)))) return;
        timer ??= setTimeout(end, TOGETHER_MS);
      }),
    );
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      for (const watcher of watchers) watcher.close();
      done();
    };
    signal?.addEventListener('abort', end);
  });
}
