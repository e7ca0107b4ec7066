/**
 * What of a file sink's output is committed, and putting the files back to that (R2).
 *
 *     prepare: lengths of the files written to since the last commit → the snapshot's handle
 *     commit:  handle → manifest
 *     open:    handle → manifest, then every file is cut to its length there; files without one are
 *              set aside as NAME.uncommitted, since somebody else may have put them there
 */
import { readdir, rename, stat, truncate } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { EngineError } from '../../errors.ts';
import { readManifest, writeManifest, type Manifest } from './manifest.ts';
import type { PathTemplate } from './path-template.ts';

/** A cut through a sink's output; goes into the snapshot as JSON. */
export interface FileHandleState {
  /**
   * Bytes by path of the files that were open at the cut or closed since the last commit; of all
   * files where names have no part.
   */
  readonly files: readonly (readonly [path: string, bytes: number])[];
  /** The next part number: files with this one or a later one were made after the cut. */
  readonly nextPart: number;
  /** Next offset by partition, of archives. */
  readonly next?: readonly (readonly [partition: number, offset: number])[];
}

/** Where a sink keeps what. */
export interface StagingPlace {
  /** The project's root. */
  readonly directory: string;
  readonly manifest: string;
  readonly template: PathTemplate;
  readonly timezone: string;
  /** Identity of the source whose records are kept; null where offsets are no matter. */
  readonly origin: string | null;
}

/** Where a sink goes on. */
export interface Restored {
  readonly nextPart: number;
  readonly next: ReadonlyMap<number, number>;
  readonly aside: readonly string[];
}

/** The committed state of one file sink. */
export class Staging {
  readonly #place: StagingPlace;
  #manifest: Manifest;
  /** Of this run's source among the manifest's origins. */
  #index = 0;

  constructor(place: StagingPlace) {
    this.#place = place;
    const { template, timezone } = place;
    const named = { format: 1, template: template.text, timezone } as const;
    this.#manifest = { ...named, files: new Map(), origins: [], originOf: new Map() };
  }

  /**
   * Puts the files back to the handle, or to the last commit.
   * @returns the next part number, the next offsets of an archive, and the files set aside
   */
  async restore(handle: FileHandleState | null): Promise<Restored> {
    const { manifest, template } = this.#place;
    const stored = await readManifest(manifest);
    this.#manifest.origins.push(...(stored?.origins ?? []));
    for (const [path, index] of stored?.originOf ?? []) this.#manifest.originOf.set(path, index);
    const present = await this.#filesOfTemplate();
    if (stored === null && handle === null) {
      // What was there before us stays, and counts.
      for (const [path, size] of present) this.#manifest.files.set(path, size);
    } else {
      for (const [path, bytes] of stored?.files ?? []) this.#manifest.files.set(path, bytes);
      if (handle !== null) this.#goBackTo(handle);
      for (const path of this.#manifest.files.keys()) {
        if (!present.has(path)) this.#manifest.files.delete(path);
      }
    }
    const next = this.#goOnWith(handle);
    await writeManifest(manifest, this.#manifest);
    const aside: string[] = [];
    for (const [path, size] of present) if (!(await this.#cut(path, size))) aside.push(path);
    const parts = [...this.#manifest.files.keys()].map((path) => template.read(path)?.part ?? 0);
    const nextPart = parts.reduce((next, part) => Math.max(next, part + 1), handle?.nextPart ?? 0);
    return { nextPart, next, aside };
  }

  /** Makes a handle's files count. Idempotent. */
  async commit(handle: FileHandleState): Promise<void> {
    for (const [path, bytes] of handle.files) this.#count(path, bytes);
    this.#keepNext(handle);
    await writeManifest(this.#place.manifest, this.#manifest);
  }

  /** Committed bytes by path. */
  get files(): ReadonlyMap<string, number> {
    return this.#manifest.files;
  }

  /** Finds the source among those archived, or adds it; its next offsets (a handle's go first). */
  #goOnWith(handle: FileHandleState | null): ReadonlyMap<number, number> {
    const { origin } = this.#place;
    if (origin === null) return new Map();
    const { origins, files } = this.#manifest;
    // Files that were there before anything was said of them are somebody's.
    if (origins.length === 0 && files.size > 0) origins.push({ origin: '', next: new Map() });
    this.#index = origins.findIndex((one) => one.origin === origin);
    if (this.#index < 0) this.#index = origins.push({ origin, next: new Map() }) - 1;
    if (handle !== null) this.#keepNext(handle);
    return origins[this.#index]?.next ?? new Map<number, number>();
  }

  #keepNext({ next }: FileHandleState): void {
    const { origin } = this.#place;
    if (origin === null || next === undefined) return;
    this.#manifest.origins[this.#index] = { origin, next: new Map(next) };
  }

  #count(path: string, bytes: number): void {
    this.#manifest.files.set(path, bytes);
    if (this.#index > 0) this.#manifest.originOf.set(path, this.#index);
  }

  /** The manifest may be ahead of the handle, when the newest snapshot could not be read. */
  #goBackTo(handle: FileHandleState): void {
    const { files } = this.#manifest;
    const { template } = this.#place;
    for (const path of files.keys()) {
      const part = template.hasPart ? (template.read(path)?.part ?? Infinity) : Infinity;
      if (part >= handle.nextPart) files.delete(path);
    }
    for (const [path, bytes] of handle.files) files.set(path, bytes);
  }

  /** Cuts a file to its committed length; sets it aside, and says false, when it has none. */
  async #cut(path: string, size: number): Promise<boolean> {
    const absolute = join(this.#place.directory, path);
    const bytes = this.#manifest.files.get(path);
    if (bytes === undefined) {
      await rename(absolute, `${absolute}.uncommitted`);
      return false;
    }
    if (size < bytes) {
      throw new EngineError(
        'ENG_STATE_CORRUPT',
        `${path} has ${size} bytes, but ${bytes} were committed: it was changed from outside`,
      );
    }
    if (size > bytes) await truncate(absolute, bytes);
    return true;
  }

  /** Sizes of the files whose names the template could have made, by path from the project. */
  async #filesOfTemplate(): Promise<Map<string, number>> {
    const { directory, template } = this.#place;
    const root = join(directory, template.root);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const sizes = new Map<string, number>();
    for (const entry of entries) {
      const absolute = join(entry.parentPath, entry.name);
      const path = posix.normalize(relative(directory, absolute).split(sep).join('/'));
      if (!entry.isFile() || template.read(path) === null) continue;
      sizes.set(path, (await stat(absolute)).size);
    }
    return sizes;
  }
}
