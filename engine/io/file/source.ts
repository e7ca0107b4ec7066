/**
 * Files of lines as a source: framing `lines`, bounded. An offset is the number of a line in its
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
import { findInput, type Input, type Part } from './input.ts';
import { MAX_LINE_BYTES, readLines, RUN_BYTES, startOfLine } from './lines.ts';

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
  const { path } = node.connector.config as FileSourceConfig;
  return new FileSource(path, context, directory);
}

/** Lines [first, next) of a partition. */
interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly first: number;
  readonly next: number;
}

/** A place to begin reading at: line `line` of the partition begins at `byte` of a part. */
interface Mark {
  readonly line: number;
  readonly part: number;
  readonly byte: number;
}

/** One partition: its parts, and marks left behind by reading, so that lines are found again. */
class Partition {
  readonly #parts: readonly Part[];
  readonly #marks: Mark[] = [{ line: 0, part: 0, byte: 0 }];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** Reads from a line on, in runs. O(1 MiB) to find a line that was read before. */
  async *read(first: number): AsyncGenerator<Lines, undefined> {
    const mark = this.#marks.findLast(({ line }) => line <= first);
    let { line, part, byte } = mark ?? { line: 0, part: 0, byte: 0 };
    for (; part < this.#parts.length; part++, byte = 0) {
      for await (const run of readLines(this.#parts[part] as Part, byte)) {
        const begin = line;
        line += run.lines;
        this.#mark({ line, part, byte: run.to });
        if (line <= first) continue;
        const skipped = Math.max(0, first - begin);
        const bytes = skipped === 0 ? run.bytes : run.bytes.slice(startOfLine(run.bytes, skipped));
        yield { bytes, first: begin + skipped, next: line };
      }
    }
    return undefined;
  }

  /** Lines [first, next) as one run. */
  async range(first: number, next: number): Promise<Uint8Array<ArrayBuffer>> {
    const runs: Uint8Array[] = [];
    for await (const run of this.read(first)) {
      const isLast = run.next >= next;
      const length = isLast ? startOfLine(run.bytes, next - run.first) : run.bytes.length;
      runs.push(run.bytes.subarray(0, length));
      if (isLast) break;
    }
    return new Uint8Array(Buffer.concat(runs));
  }

  /** The number of lines. Reads what has not been read yet. */
  async count(): Promise<number> {
    let line = this.#marks.at(-1)?.line ?? 0;
    for await (const { next } of this.read(line)) line = next;
    return line;
  }

  #mark(mark: Mark): void {
    if (mark.line > (this.#marks.at(-1)?.line ?? -1)) this.#marks.push(mark);
  }
}

class FileSource implements SourcePort {
  readonly maxFrameBytes = MAX_LINE_BYTES + RUN_BYTES;
  readonly #pattern: string;
  readonly #context: SourceContext;
  readonly #directory: string;
  readonly #gate = new Gate();
  #found: Promise<{ input: Input; partitions: Map<number, Partition> }> | null = null;

  constructor(pattern: string, context: SourceContext, directory: string) {
    this.#pattern = pattern;
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
    const bytes = await partitions.get(partition)?.range(first, next);
    return frameOf(partition, { bytes: bytes ?? new Uint8Array(), first, next });
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
    this.#found ??= findInput(this.#directory, this.#pattern).then((input) => {
      const { uncommitted } = input;
      if (uncommitted > 0) {
        const files = uncommitted === 1 ? 'one file is' : `${uncommitted} files are`;
        this.#context.onNotice(
          `${files} left out: no snapshot of the run that writes them is done`,
        );
      }
      const partitions = [...input.partitions].map(
        ([p, parts]) => [p, new Partition(parts)] as const,
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
        for (const [number, lines] of reading) {
          if (signal.aborted) return;
          if (!this.#gate.isOpen(number)) continue;
          const { value } = await lines.next();
          if (value !== undefined) {
            yield { kind: 'frame', frame: frameOf(number, value) };
            continue;
          }
          reading.delete(number);
          const end = await partitions.get(number)?.count();
          yield { kind: 'ends', ends: new Map([[number, end ?? 0]]) };
        }
      }
    } finally {
      for (const lines of reading.values()) await lines.return(undefined);
    }
  }
}

function frameOf(partition: number, { bytes, first, next }: Lines): Frame {
  const slice = { partition, start: 0, length: bytes.length, firstOffset: first, nextOffset: next };
  return { buffer: bytes.buffer, slices: [slice] };
}
