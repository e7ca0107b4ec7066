/**
 * Which bytes of a file sink's files count (R2): a hidden JSON file in the template's root that names
 * every file with its committed length. Readers take no more than that, writers begin there.
 */
import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError } from '../../errors.ts';

/** Committed files of one sink. */
export interface Manifest {
  readonly format: 1;
  /** The template the files' names were made from, and its zone. */
  readonly template: string;
  readonly timezone: string;
  /** Committed bytes by path, relative to the project. */
  readonly files: Map<string, number>;
  /** Sources whose records are in the files, in the order they came; none where that is not kept. */
  readonly origins: ArchivedOrigin[];
  /** Index in `origins` by path; those of the first are left out. */
  readonly originOf: Map<string, number>;
}

/** How much of one source is archived. */
export interface ArchivedOrigin {
  /** Identity of the source (R3). */
  readonly origin: string;
  /** Next offset by partition: what is below has been written. */
  readonly next: ReadonlyMap<number, number>;
}

/** What is on disk. */
interface WrittenManifest {
  readonly format: 1;
  readonly template: string;
  readonly timezone: string;
  readonly origins?: readonly { readonly origin: string; readonly next: [number, number][] }[];
  readonly originOf?: Record<string, number>;
  readonly files: Record<string, number>;
}

const SUFFIX = '.manifest.json';

/** Where a sink's manifest is: hidden, so that globs of data pass it by. */
export const manifestPath = (root: string, pipeline: string, sink: string): string =>
  join(root, `.${pipeline}.${sink}${SUFFIX}`);

/**
 * Reads a manifest; null when there is none.
 * @throws EngineError ENG_STATE_CORRUPT when it cannot be understood
 */
export async function readManifest(path: string): Promise<Manifest | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const written = JSON.parse(text) as WrittenManifest;
    const { format, template, timezone, files, originOf = {} } = written;
    if ((format as number) !== 1) throw new Error(`format ${String(format)}`);
    const origins = (written.origins ?? []).map(({ origin, next }) => ({
      origin,
      next: new Map(next),
    }));
    const maps = {
      files: new Map(Object.entries(files)),
      originOf: new Map(Object.entries(originOf)),
    };
    return { format, template, timezone, origins, ...maps };
  } catch (error) {
    throw new EngineError('ENG_STATE_CORRUPT', `${path} is damaged`, { cause: error });
  }
}

/** Writes a manifest: whole or not at all, and on disk when it resolves. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const byPath = (map: ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  const origins = manifest.origins.map(({ origin, next }) => ({ origin, next: [...next] }));
  const maps = { originOf: byPath(manifest.originOf), files: byPath(manifest.files) };
  const written: WrittenManifest = { ...manifest, origins, ...maps };
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(written, null, 1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDirectory(dirname(path));
}

/** All manifests of a directory. */
export async function manifestsIn(directory: string): Promise<Manifest[]> {
  const names = await readdir(directory).catch(() => []);
  const manifests = await Promise.all(
    names
      .filter((name) => name.startsWith('.') && name.endsWith(SUFFIX))
      .map(async (name) => readManifest(join(directory, name))),
  );
  return manifests.filter((manifest) => manifest !== null);
}

/** Makes names of new and renamed files durable. Windows has no such thing, and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
