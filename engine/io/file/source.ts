/**
 * Files as a source: bounded, framing `lines`, also of CSV. An offset is the number of a record in its
 * partition. Files named by partition and part are read as those partitions (R10), others as one.
 */
import type { Observable } from 'rxjs';
import type {
  Frame,
  Positions,
  ResumePoint,
  SourceContext,
  SourceEvent,
  SourcePort,
} from '../../graph/ports.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { recycleBuffer } from '../frame-buffers.ts';
import { Gate, pullEvents } from '../pull-source.ts';
import { frameOf } from './file-frame.ts';
import { findInput, type Input } from './input.ts';
import { openReaders } from './part-readers.ts';
import { type Numbered, Partition } from './partition.ts';
import { MAX_RECORD_BYTES, RUN_BYTES } from './runs.ts';

/** Settings of a file source. */
export interface FileSourceConfig {
  /** A path or glob below the project; `.gz` is unpacked. */
  readonly path: string;
}

/**
 * Opens the files of a path or glob.
 * @param directory the project's root
 */
export function fileSource(
  node: SourceNode,
  context: SourceContext,
  directory: string,
): SourcePort {
  return new FileSource(node, context, directory);
}

class FileSource implements SourcePort {
  readonly maxFrameBytes = MAX_RECORD_BYTES + RUN_BYTES;
  readonly #node: SourceNode;
  readonly #pattern: string;
  readonly #context: SourceContext;
  readonly #directory: string;
  readonly #gate = new Gate();
  #found: Promise<{ input: Input; partitions: Map<number, Partition> }> | null = null;

  constructor(node: SourceNode, context: SourceContext, directory: string) {
    this.#node = node;
    this.#pattern = (node.connector.config as FileSourceConfig).path;
    this.#context = context;
    this.#directory = directory;
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return pullEvents((signal) => this.#read(start, signal));
  }

  pause(partitions?: readonly number[]): void {
    this.#gate.pause(partitions);
  }

  resume(partitions?: readonly number[]): void {
    this.#gate.resume(partitions);
  }

  async reread(partition: number, first: number, next: number): Promise<Frame> {
    const { partitions } = await this.#find();
    const pieces: Numbered[] = [];
    for await (const piece of partitions.get(partition)?.read(first, next) ?? [])
      pieces.push(piece);
    return frameOf(partition, pieces);
  }

  recycle(buffer: ArrayBuffer): void {
    recycleBuffer(buffer);
  }

  async commit(): Promise<void> {
    // The snapshot is the only one to remember positions.
  }

  /** R9: names the files with their sizes and beginnings, so that changed ones are another source. */
  async identity(): Promise<string> {
    const { input } = await this.#find();
    return `file ${this.#pattern} ${input.fingerprint}`;
  }

  /** Reads all files when they have not been read yet. */
  async ends(): Promise<Positions> {
    const { partitions } = await this.#find();
    const ends = new Map<number, number>();
    for (const [number, partition] of partitions) ends.set(number, await partition.count());
    return ends;
  }

  async #find(): Promise<{ input: Input; partitions: Map<number, Partition> }> {
    this.#found ??= findInput(this.#directory, this.#pattern).then(async (input) => {
      const { uncommitted } = input;
      if (uncommitted > 0) {
        const files = uncommitted === 1 ? 'one file is' : `${uncommitted} files are`;
        this.#context.onNotice(
          `${files} left out: no snapshot of the run that writes them is done`,
        );
      }
      const readerOf = await openReaders(input, this.#node);
      const partitions = [...input.partitions].map(
        ([p, parts]) => [p, new Partition(parts, readerOf)] as const,
      );
      return { input, partitions: new Map(partitions) };
    });
    return this.#found;
  }

  async *#read(
    start: ReadonlyMap<number, ResumePoint>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceEvent> {
    const { partitions } = await this.#find();
    const numbers = [...partitions.keys()].sort((a, b) => a - b);
    yield { kind: 'partitions', partitions: numbers };
    const reading = new Map(
      [...partitions].map(([p, partition]) => [p, partition.read(start.get(p)?.nextOffset ?? 0)]),
    );
    try {
      while (reading.size > 0) {
        await this.#gate.opened([...reading.keys()], signal);
        for (const [number, records] of reading) {
          if (signal.aborted) return;
          if (!this.#gate.isOpen(number)) continue;
          const { value } = await records.next();
          if (value !== undefined) {
            yield { kind: 'frame', frame: frameOf(number, [value]) };
            continue;
          }
          reading.delete(number);
          const end = await partitions.get(number)?.count();
          yield { kind: 'ends', ends: new Map([[number, end ?? 0]]) };
        }
      }
    } finally {
      for (const records of reading.values()) await records.return(undefined);
    }
  }
}
