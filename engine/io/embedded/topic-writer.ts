/** Appends to topic logs: one writer per topic and process, shared by all that write to it. */
import { existsSync, mkdirSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lockState } from '../checkpoint/state-directory.ts';
import { encodeBatch, isIntact, type LogRecord } from './log-batch.ts';
import { PARTITIONS } from './partitioner.ts';
import { LOG_START, readRange, topicPath, walkBatches, type LogPosition } from './topic-log.ts';

/** A topic log open for appending. */
export interface TopicWriter {
  /**
   * Appends records to a partition as one batch; resolves when they are on disk. What comes meanwhile
   * shares the next write.
   */
  append(partition: number, records: readonly LogRecord[]): Promise<void>;
  /** Resolves when nothing waits. */
  flush(): Promise<void>;
  /** The last of those that opened the topic closes the file and lets other processes write. */
  close(): Promise<void>;
}

interface Log {
  /** By partition. */
  readonly appenders: readonly Appender[];
  readonly release: () => Promise<void>;
}

interface Shared {
  readonly log: Promise<Log>;
  users: number;
}

const openTopics = new Map<string, Shared>();

/**
 * Opens a topic for appending, makes it when it is not there, and removes a batch that a crash cut
 * off.
 * @param directory the engine's directory, `.engine`
 * @throws EngineError ENG_RUN_BUSY when another process writes the topic
 */
export async function openTopic(directory: string, topic: string): Promise<TopicWriter> {
  const path = topicPath(directory, topic);
  const shared = openTopics.get(path) ?? { log: openLog(directory, topic), users: 0 };
  openTopics.set(path, shared);
  shared.users++;
  const { appenders, release } = await shared.log.catch((error: unknown) => {
    openTopics.delete(path);
    throw error;
  });
  const flush = async (): Promise<void> => {
    await Promise.all(appenders.map(async (appender) => appender.flush()));
  };
  let isOpen = true;
  return {
    append: async (partition, records) => appenders[partition % PARTITIONS]?.append(records),
    flush,
    async close() {
      await flush();
      if (!isOpen) return;
      isOpen = false;
      if (--shared.users > 0) return;
      openTopics.delete(path);
      await release();
    },
  };
}

async function openLog(directory: string, topic: string): Promise<Log> {
  const home = dirname(topicPath(directory, topic));
  mkdirSync(home, { recursive: true });
  const unlock = lockState(home, `that writes topic ${topic}`);
  const files: FileHandle[] = [];
  const release = async (): Promise<void> => {
    // First, and at once: nothing waits to be written, and this process may open the topic again
    // while the files are being closed.
    unlock();
    for (const file of files) await file.close();
  };
  try {
    // Partition 0 last: where it is, all are.
    for (let partition = PARTITIONS - 1; partition >= 0; partition--) {
      const path = topicPath(directory, topic, partition);
      files.unshift(await open(path, existsSync(path) ? 'r+' : 'w+'));
    }
    const appenders = files.map(async (file) => new Appender(file, await repair(file)));
    return { appenders: await Promise.all(appenders), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Cuts off what is behind the last whole, intact batch; returns the end. */
async function repair(file: FileHandle): Promise<LogPosition> {
  let end = LOG_START;
  let last = { byte: 0, end: 0, offset: 0 };
  for await (const batch of walkBatches(file, LOG_START)) {
    last = { byte: batch.byte, end: batch.end, offset: batch.offset };
    end = { byte: batch.end, offset: batch.header.lastOffset + 1 };
  }
  if (last.end > 0 && !isIntact(await readRange(file, last.byte, last.end))) {
    end = { byte: last.byte, offset: last.offset };
  }
  await file.truncate(end.byte);
  return end;
}

interface Pending {
  readonly records: readonly LogRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class Appender {
  readonly #file: FileHandle;
  #end: LogPosition;
  #pending: Pending[] = [];
  #appending: Promise<void> | null = null;

  constructor(file: FileHandle, end: LogPosition) {
    this.#file = file;
    this.#end = end;
  }

  async append(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#pending.push({ records, resolve, reject });
      this.#appending ??= this.#appendAll().finally(() => {
        this.#appending = null;
      });
    });
  }

  async flush(): Promise<void> {
    await this.#appending;
  }

  /** One write and one sync for all that waits, again until nothing does. */
  async #appendAll(): Promise<void> {
    while (this.#pending.length > 0) {
      const taken = this.#pending.splice(0);
      try {
        await this.#write(taken);
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
  }

  /** Where a write fails the end stays, and the next one overwrites what it left behind. */
  async #write(taken: readonly Pending[]): Promise<void> {
    let { offset } = this.#end;
    const batches = taken.map(({ records }) => {
      const batch = encodeBatch(records, offset);
      offset += records.length;
      return batch;
    });
    const bytes = Buffer.concat(batches);
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, at, null, this.#end.byte + at);
      at += bytesWritten;
    }
    await this.#file.datasync();
    this.#end = { byte: this.#end.byte + bytes.length, offset };
  }
}
