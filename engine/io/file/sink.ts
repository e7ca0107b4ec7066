/**
 * Rows → files of JSON lines, exactly once for readers that obey the manifest (R2): `prepare` makes
 * all rows before the cut durable and names the files' lengths, a restart cuts the files to them.
 */
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import pRetry from 'p-retry';
import type { RowBatch } from '../../core/batch.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { SinkContext, SinkHandle, SinkPort } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';
import { ArchiveOrder } from './archive-order.ts';
import { manifestPath } from './manifest.ts';
import { PartFile } from './part-file.ts';
import { parseTemplate, type PathTemplate } from './path-template.ts';
import { buildLines } from './row-lines.ts';
import { Staging, type FileHandleState } from './staging.ts';

/** Settings of a file sink. */
export interface FileSinkConfig {
  /** A template below the project, see path-template.ts. */
  readonly path: string;
  /** When a part ends; a template without `{part}` has only one. */
  readonly rotate: { readonly sizeBytes: number | null; readonly everyMs: number | null } | null;
  /** Zone of the times in paths, UTC unless told. */
  readonly timezone?: string;
}

const packed = promisify(gzip);

/** Files open at once; beyond, the one that was written to least recently is closed. */
const MAX_OPEN = 64;
/** Failures that pass: no room, too many files open in the system, trouble with a network disk. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'EAGAIN', 'EBUSY']);

/**
 * A sink that appends rows as JSON lines to the files its template names.
 * @param directory the project's root
 * @param nowMs the clock that `rotate.every` goes by
 */
export function fileSink(
  node: SinkNode,
  context: SinkContext,
  directory: string,
  nowMs: () => number = Date.now,
): SinkPort {
  return new FileSink(node, context, { directory, nowMs });
}

class FileSink implements SinkPort {
  readonly #context: SinkContext;
  readonly #config: FileSinkConfig;
  readonly #directory: string;
  readonly #nowMs: () => number;
  readonly #template: PathTemplate;
  readonly #staging: Staging;
  readonly #node: SinkNode;
  #archive: ArchiveOrder | null = null;
  #linesOf: (batch: RowBatch) => Map<string, string> = () => new Map();
  /** Open files by group, least recently written first. */
  readonly #open = new Map<string, PartFile>();
  /** Lengths of files closed, until they are committed. */
  readonly #closed = new Map<string, number>();
  #nextPart = 0;
  /** Everything happens one after the other: a cut is a place in this line. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(
    node: SinkNode,
    context: SinkContext,
    { directory, nowMs }: { directory: string; nowMs: () => number },
  ) {
    this.#context = context;
    this.#config = node.connector.config as FileSinkConfig;
    this.#directory = directory;
    this.#nowMs = nowMs;
    const { path, timezone = 'UTC' } = this.#config;
    // An archive: records with their envelope, in order, each once (R10).
    const template = parseTemplate(path, timezone);
    const manifest = manifestPath(join(directory, template.root), context.pipeline, node.name);
    this.#template = template;
    const origin = node.envelope === true ? (context.origin ?? '') : null;
    this.#staging = new Staging({ directory, manifest, template, timezone, origin });
    this.#node = node;
  }

  async open(handle: SinkHandle | null): Promise<void> {
    const restored = await this.#staging.restore(handle as FileHandleState | null);
    const { nextPart, next, aside } = restored;
    this.#nextPart = nextPart;
    this.#archive = this.#node.envelope === true ? new ArchiveOrder(next) : null;
    this.#linesOf = buildLines(this.#node, this.#template, this.#archive);
    if (aside.length > 0) {
      const names = aside.length === 1 ? String(aside[0]) : `${aside.length} files`;
      this.#context.onNotice(`no snapshot knows ${names}: set aside as *.uncommitted`);
    }
  }

  async write(batch: RowBatch): Promise<void> {
    if (this.#context.signal.aborted) throw this.#stopped();
    await this.#inLine(async () => {
      // In line, so that a cut knows of no row that is not in the files yet.
      for (const [group, text] of this.#linesOf(batch))
        await this.#append(group, Buffer.from(text, 'utf8'));
    });
  }

  async prepare(): Promise<FileHandleState> {
    return this.#inLine(async () => {
      for (const part of this.#open.values()) await this.#patiently(() => part.sync());
      const files = new Map(this.#template.hasPart ? [] : this.#staging.files);
      for (const [path, bytes] of this.#closed) files.set(path, bytes);
      for (const { path, bytes } of this.#open.values()) files.set(path, bytes);
      const next = this.#archive === null ? {} : { next: this.#archive.next };
      return { files: [...files], nextPart: this.#nextPart, ...next };
    });
  }

  async commit(handle: SinkHandle): Promise<void> {
    const committed = handle as FileHandleState;
    await this.#staging.commit(committed);
    for (const [path, bytes] of committed.files) {
      if (this.#closed.get(path) === bytes) this.#closed.delete(path);
    }
  }

  async flush(): Promise<void> {
    await this.#line;
  }

  async close(): Promise<void> {
    await this.#inLine(async () => {
      for (const [group, part] of this.#open) await this.#close(group, part);
    });
    const repeated = this.#archive?.repeated ?? 0;
    if (repeated === 0) return;
    this.#context.onNotice(`${this.#node.name}: ${repeated} records were archived already`);
  }

  /** Runs `work` after all that was asked for before; a failure does not stop what comes later. */
  async #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#line.then(work);
    this.#line = result.catch(() => undefined);
    return result;
  }

  async #append(group: string, bytes: Buffer): Promise<void> {
    const part = await this.#patiently(async () => this.#partOf(group));
    const written = this.#template.text.endsWith('.gz') ? await packed(bytes) : bytes;
    await this.#patiently(async () => part.append(written));
    if (part.bytes < (this.#rotation('sizeBytes') ?? Infinity)) return;
    await this.#patiently(async () => this.#close(group, part));
  }

  async #partOf(group: string): Promise<PartFile> {
    const known = this.#open.get(group);
    if (known !== undefined) {
      this.#open.delete(group);
      const age = this.#nowMs() - known.openedAtMs;
      if (age < (this.#rotation('everyMs') ?? Infinity)) {
        this.#open.set(group, known);
        return known;
      }
      await this.#close(group, known);
    }
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= MAX_OPEN) await this.#close(...oldest);
    const path = this.#template.path(group, this.#nextPart);
    const place = { absolute: join(this.#directory, path), path, nowMs: this.#nowMs() };
    const part = await PartFile.open(place);
    this.#nextPart++;
    this.#open.set(group, part);
    return part;
  }

  async #close(group: string, part: PartFile): Promise<void> {
    await part.close();
    this.#open.delete(group);
    this.#closed.set(part.path, part.bytes);
  }

  #rotation(limit: 'sizeBytes' | 'everyMs'): number | null {
    return this.#template.hasPart ? (this.#config.rotate?.[limit] ?? null) : null;
  }

  /** Tries again for ever what may pass: rows wait meanwhile, they are not lost. */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { signal, onNotice } = this.#context;
    return pRetry(work, {
      ...{ retries: Infinity, minTimeout: 250, maxTimeout: 10_000, signal },
      shouldRetry: ({ error }) => PASSING.has((error as NodeJS.ErrnoException).code ?? ''),
      onFailedAttempt: ({ error, attemptNumber }) => {
        if (attemptNumber % 10 === 1) onNotice(`${this.#config.path}: ${messageOf(error)}`);
      },
    }).catch((error: unknown) => {
      if (error instanceof EngineError) throw error;
      throw new EngineError('ENG_SINK_FAILED', `${this.#config.path}: ${messageOf(error)}`, {
        cause: error,
      });
    });
  }

  #stopped(): EngineError {
    return new EngineError('ENG_RUN_STOPPED', `${this.#config.path} is closed`);
  }
}
