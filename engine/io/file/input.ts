/** Which files a file source reads, as partitions of parts (R10), and how to know them again (R9). */
import { createHash } from 'node:crypto';
import { glob, open, stat } from 'node:fs/promises';
import { basename, dirname, posix, relative, resolve, sep } from 'node:path';
import { EngineError } from '../../errors.ts';
import { manifestsIn } from './manifest.ts';
import { parseTemplate, type PathNumbers } from './path-template.ts';

/** A file, as it was when it was found. */
export interface Part {
  readonly absolute: string;
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  /** Bytes that count: its size, or what its manifest commits. */
  readonly bytes: number;
  readonly size: number;
  readonly modifiedMs: number;
  readonly isGzip: boolean;
  /** Has a manifest: may grow behind the bytes that count. */
  readonly mayGrow: boolean;
}

/** What a pattern stands for. */
export interface Input {
  /** Parts of each partition in reading order; at least one partition. */
  readonly partitions: ReadonlyMap<number, readonly Part[]>;
  /** Differs when a file is another one: its path, size or first bytes. */
  readonly fingerprint: string;
  /** Files that no snapshot of the sink that wrote them names. */
  readonly uncommitted: number;
}

/** Names of archives that were written without a manifest: `PARTITION-PART.ndjson`. */
const ARCHIVE_NAME = /^(\d+)-(\d+)\.(ndjson|jsonl|json)(\.gz)?$/;
const PREFIX_BYTES = 64 * 1024;

interface Found {
  readonly part: Part;
  /** Partition and part by the file's name, null when it says neither. */
  readonly numbers: PathNumbers | null;
}

/**
 * Finds the files of a path or glob.
 * @param directory the project's root
 * @throws EngineError ENG_FILE_READ when there is none
 */
export async function findInput(directory: string, pattern: string): Promise<Input> {
  const covers = manifestCovers(directory);
  const paths = await pathsOf(directory, pattern);
  const found: Found[] = [];
  for (const path of paths) {
    const each = await look(directory, path, await covers(path));
    if (each !== null) found.push(each);
  }
  if (paths.length === 0) {
    throw new EngineError('ENG_FILE_READ', `no file matches ${pattern} in ${directory}`);
  }
  const isArchive = found.every(({ numbers }) => numbers !== null);
  if (isArchive) found.sort(byPart);
  const partitions = new Map<number, Part[]>();
  for (const { part, numbers } of found) {
    const partition = isArchive ? (numbers?.partition ?? 0) : 0;
    partitions.set(partition, [...(partitions.get(partition) ?? []), part]);
  }
  if (partitions.size === 0) partitions.set(0, []);
  const parts = found.map(({ part }) => part);
  const uncommitted = paths.length - found.length;
  return { partitions, fingerprint: await fingerprintOf(parts), uncommitted };
}

/** Files of the pattern in the order of their names. A name that is there is taken as it is. */
async function pathsOf(directory: string, pattern: string): Promise<string[]> {
  const isFile = async (path: string): Promise<boolean> =>
    stat(resolve(directory, path)).then(
      (found) => found.isFile(),
      () => false,
    );
  if (await isFile(pattern)) return [pattern];
  const paths: string[] = [];
  for await (const found of glob(pattern, { cwd: directory })) {
    const path = found.split(sep).join('/');
    if (!basename(path).startsWith('.') && (await isFile(path))) paths.push(path);
  }
  return paths.sort((a, b) => (a < b ? -1 : 1));
}

/** What a manifest says of a file: null when none covers it, else its committed bytes. */
type Covered =
  (PathNumbers & { readonly bytes: number | null; readonly hasPartition: boolean }) | null;

/** Partitions of another source in the same archive begin at a multiple of this. */
const PARTITIONS_PER_ORIGIN = 2 ** 16;

/**
 * Looks for manifests in the directories above a file. They name files from the project of their
 * sink, and lie in the directory that all of those are in: so an archive of another project, or one
 * that was moved, is read by its manifest too.
 */
function manifestCovers(directory: string): (path: string) => Promise<Covered> {
  const known = new Map<string, ReturnType<typeof load>>();
  const load = async (above: string) =>
    (await manifestsIn(above)).map((manifest) => ({
      ...manifest,
      template: parseTemplate(manifest.template, manifest.timezone),
    }));
  return async (path) => {
    const file = resolve(directory, path);
    for (let above = dirname(file); ; above = dirname(above)) {
      const loading = known.get(above) ?? load(above);
      known.set(above, loading);
      for (const { template, files, originOf } of await loading) {
        const named = posix.join(template.root, relative(above, file).split(sep).join('/'));
        const numbers = template.read(named);
        if (numbers === null) continue;
        const { hasPartition } = template;
        const first = (originOf.get(named) ?? 0) * PARTITIONS_PER_ORIGIN;
        const partition = first + numbers.partition;
        return { ...numbers, partition, bytes: files.get(named) ?? null, hasPartition };
      }
      if (above === directory || above === dirname(above)) return null;
    }
  };
}

async function look(directory: string, path: string, covered: Covered): Promise<Found | null> {
  if (covered?.bytes === null) return null;
  const absolute = resolve(directory, path);
  const { size, mtimeMs } = await stat(absolute);
  const bytes = Math.min(size, covered?.bytes ?? size);
  const isGzip = path.endsWith('.gz');
  const mayGrow = covered !== null;
  const part: Part = { absolute, path, bytes, size, modifiedMs: mtimeMs, isGzip, mayGrow };
  if (covered !== null) return { part, numbers: covered.hasPartition ? covered : null };
  const named = ARCHIVE_NAME.exec(basename(path));
  const numbers = named && { partition: Number(named[1]), part: Number(named[2]) };
  return { part, numbers };
}

function byPart(a: Found, b: Found): number {
  const order = (a.numbers?.part ?? 0) - (b.numbers?.part ?? 0);
  return order === 0 ? (a.part.path < b.part.path ? -1 : 1) : order;
}

async function fingerprintOf(parts: readonly Part[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { absolute, path, bytes } of parts) {
    hash.update(`${path}\0${bytes}\0`);
    const file = await open(absolute, 'r');
    try {
      const prefix = Buffer.alloc(Math.min(bytes, PREFIX_BYTES));
      await file.read(prefix, 0, prefix.length, 0);
      hash.update(prefix);
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex').slice(0, 16);
}
