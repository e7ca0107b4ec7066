/**
 * A topic log as a source: framing `kafka-v2`, never ends. While there is nothing new in a partition it
 * looks again every 50 ms and says so (`empty`), as Kafka's fetches do.
 */
import { open, type FileHandle } from 'node:fs/promises';
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
import { Gate, pullEvents } from '../pull-source.ts';
import { PARTITIONS } from './partitioner.ts';
import { endOf, Follower, FRAME_BYTES, frameOf, gap, resumed, startOf } from './topic-follower.ts';
import { LOG_START, readRange, topicExists, topicPath, walkBatches } from './topic-log.ts';

/** Settings of a topic-log source. */
export interface TopicLogSourceConfig {
  readonly topic: string;
  /** Where to begin without a snapshot; a number is epoch ms of the first record wanted. */
  readonly start: 'earliest' | 'latest' | number;
}

/** Time as the source sees it. */
export interface PollClock {
  /** Monotonic ms. */
  readonly nowMs: () => number;
  /** Resolves after `ms` or when the signal aborts, whichever is first. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const POLL_MS = 50;

const systemClock: PollClock = {
  nowMs: () => performance.now(),
  wait: async (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    }),
};

/**
 * Opens a topic of `<directory>/topics`; one that is not there yet is empty until it is.
 * @param directory the engine's directory, `.engine`
 */
export function topicLogSource(
  node: SourceNode,
  _context: SourceContext,
  directory: string,
  clock: PollClock = systemClock,
): SourcePort {
  const config = node.connector.config as TopicLogSourceConfig;
  return new TopicLogSource(config, directory, clock);
}

const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);

class TopicLogSource implements SourcePort {
  readonly maxFrameBytes = FRAME_BYTES;
  readonly #config: TopicLogSourceConfig;
  readonly #directory: string;
  readonly #clock: PollClock;
  readonly #gate = new Gate();

  constructor(config: TopicLogSourceConfig, directory: string, clock: PollClock) {
    this.#config = config;
    this.#directory = directory;
    this.#clock = clock;
    topicPath(directory, config.topic); // a name that is none is told at once
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
    return this.#withFile(partition, async (file) => {
      let from = NaN;
      let to = 0;
      for await (const { byte, end, header } of walkBatches(file, LOG_START)) {
        if (header.lastOffset < first) continue;
        if (header.baseOffset >= next) break;
        if (Number.isNaN(from)) from = byte;
        to = end;
      }
      if (Number.isNaN(from)) throw gap(`offset ${first} is not there any more`);
      return frameOf(partition, await readRange(file, from, to), first, next);
    });
  }

  async commit(): Promise<void> {
    // The snapshot is the only one to remember positions.
  }

  async identity(): Promise<string> {
    return `topic log ${this.#config.topic}`;
  }

  async ends(): Promise<Positions> {
    if (!this.#exists()) return new Map(all.map((partition) => [partition, 0]));
    const ends = new Map<number, number>();
    for (const partition of all) {
      const end = await this.#withFile(partition, async (file) => endOf(file, LOG_START));
      ends.set(partition, end.offset);
    }
    return ends;
  }

  #exists(): boolean {
    return topicExists(this.#directory, this.#config.topic);
  }

  async #openFile(partition: number): Promise<FileHandle> {
    return open(topicPath(this.#directory, this.#config.topic, partition), 'r');
  }

  async #withFile<T>(partition: number, body: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await this.#openFile(partition);
    try {
      return await body(file);
    } finally {
      await file.close();
    }
  }

  async *#read(
    resume: ReadonlyMap<number, ResumePoint>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceEvent> {
    // A pipeline of this process may be writing it: a partition that is empty yet is no idle one.
    yield { kind: 'partitions', partitions: all, filling: true };
    // `latest` of a topic that is not there yet is its first record.
    const start = this.#exists() ? this.#config.start : 'earliest';
    yield* this.#await(signal);
    const files: FileHandle[] = [];
    try {
      const followers: Follower[] = [];
      for (const partition of signal.aborted ? [] : all) {
        const file = await this.#openFile(partition);
        files.push(file);
        const point = resume.get(partition);
        const from = point === undefined ? await startOf(file, start) : await resumed(file, point);
        followers.push(new Follower(partition, file, from));
      }
      yield* this.#follow(followers, signal);
    } finally {
      for (const file of files) await file.close();
    }
  }

  /** Until the topic is there. */
  async *#await(signal: AbortSignal): AsyncGenerator<SourceEvent> {
    let polledAt = this.#clock.nowMs();
    while (!signal.aborted && !this.#exists()) {
      const now = this.#clock.nowMs();
      const polledMs = now - polledAt;
      for (const partition of all) yield { kind: 'empty', partition, end: 0, polledMs };
      polledAt = now;
      await this.#clock.wait(POLL_MS, signal);
    }
  }

  /** Looks at one partition after the other, for ever. */
  async *#follow(followers: readonly Follower[], signal: AbortSignal): AsyncGenerator<SourceEvent> {
    for (;;) {
      for (const follower of followers) {
        if (!this.#gate.isOpen(follower.partition)) follower.rest();
      }
      await this.#gate.opened(all, signal);
      let isIdle = true;
      for (const follower of followers) {
        if (signal.aborted) return;
        if (!this.#gate.isOpen(follower.partition)) continue;
        for (const event of await follower.look(this.#clock.nowMs())) {
          if (event.kind === 'frame') isIdle = false;
          yield event;
        }
      }
      if (signal.aborted) return;
      if (isIdle) await this.#clock.wait(POLL_MS, signal);
    }
  }
}
