/**
 * Changes to the engine’s source text as it is loaded into one thread: mutants, constants made small,
 * faults. Nothing of it is in the engine itself.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One piece of source text and what stands there instead. */
export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

const ROOT = join(import.meta.dirname, '..');

/** Throws when a patch does not fit the source text as it is. */
export function checkPatches(patches: readonly Patch[]): void {
  for (const patch of patches) patched(readFileSync(join(ROOT, patch.file), 'utf8'), patch);
}

/** Patches all modules that this thread loads from now on. */
export function applyPatches(patches: readonly Patch[]): void {
  if (patches.length === 0) return;
  const byUrl = Map.groupBy(patches, ({ file }) => pathToFileURL(join(ROOT, file)).href);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const found = byUrl.get(url);
      if (found === undefined) return loaded;
      const { source = '' } = loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      return { ...loaded, source: found.reduce(patched, text) };
    },
  });
}

function patched(text: string, { file, find, replace }: Patch): string {
  const pieces = text.split(find);
  if (pieces.length !== 2) {
    throw new Error(`${file} has ${pieces.length - 1} times, not once: ${find}`);
  }
  return pieces.join(replace);
}
