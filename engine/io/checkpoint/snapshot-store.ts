/**
 * Snapshots on disk: written whole to a temporary file, fsynced, renamed; the last two are kept and
 * the newest one whose checksum fits is read.
 *
 * File: magic (8 bytes) · header length u32 · buffer count u32 · buffer lengths u32 each · header
 * (JSON, UTF-8) · buffers one after the other · CRC-32 (u32) of all before. Little-endian.
 */
import { type FileHandle, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { EngineError, messageOf } from '../../errors.ts';
import { type ChunkLimits, chunksOf } from './chunks.ts';

/** What a snapshot holds: JSON and raw columns. The buffers must not change until `write` is done. */
export interface SnapshotContent {
  readonly header: unknown;
  readonly buffers: readonly Uint8Array[];
}

const MAGIC = Buffer.from('ENGSNAP1');
const FILE_NAME = /^snapshot-(\d{12})\.bin$/;
const KEEP = 2;

/** The snapshots of one pipeline and source identity. */
export class SnapshotStore {
  readonly #directory: string;
  #next = 1;
  /** Not whole when they were read. */
  readonly #damaged = new Set<number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Writes a snapshot durably and removes all but the last two. Returns its size in bytes. Throws
   * EngineError ENG_STATE_WRITE; the snapshots before are then still there.
   */
  async write(content: SnapshotContent): Promise<number> {
    const number = this.#next++;
    const target = join(this.#directory, nameOf(number));
    try {
      await mkdir(this.#directory, { recursive: true });
      const bytes = await writeDurably(`${target}.tmp`, content);
      await rename(`${target}.tmp`, target);
      await syncDirectory(this.#directory);
      await this.#removeOld();
      return bytes;
    } catch (cause) {
      await rm(`${target}.tmp`, { force: true }).catch(() => undefined);
      throw this.#failed(cause);
    }
  }

  /**
   * Reads the newest snapshot that is whole, or null when there is none; `onDamaged` hears of newer
   * ones that are not. Throws EngineError ENG_STATE_CORRUPT when snapshots exist but none is whole.
   */
  async readNewest(
    onDamaged: (path: string) => void = () => undefined,
  ): Promise<SnapshotContent | null> {
    const numbers = await this.#numbers();
    this.#next = (numbers.at(-1) ?? 0) + 1;
    for (const number of numbers.toReversed()) {
      const path = join(this.#directory, nameOf(number));
      const content = decode(await readFile(path));
      if (content !== null) return content;
      this.#damaged.add(number);
      onDamaged(path);
    }
    if (numbers.length === 0) return null;
    throw new EngineError(
      'ENG_STATE_CORRUPT',
      `no snapshot in ${this.#directory} is whole; run again with --fresh to start over`,
      { context: { directory: this.#directory } },
    );
  }

  /** Removes all snapshots. */
  async clear(): Promise<void> {
    await this.#removeBelow(Infinity);
  }

  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#directory).catch((cause: unknown) => {
      // Anything but "there is none" must not look like a run that never was.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw cause;
    });
    return names
      .map((name) => Number(FILE_NAME.exec(name)?.[1] ?? 0))
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
  }

  /** Keeps the last two: a damaged one is none to fall back to. */
  async #removeOld(): Promise<void> {
    const whole = (await this.#numbers()).filter((number) => !this.#damaged.has(number));
    await this.#removeBelow(whole.at(-KEEP) ?? 0);
  }

  async #removeBelow(number: number): Promise<void> {
    for (const old of await this.#numbers()) {
      if (old < number) await rm(join(this.#directory, nameOf(old)), { force: true });
    }
  }

  #failed(cause: unknown): EngineError {
    return new EngineError(
      'ENG_STATE_WRITE',
      `the state could not be saved in ${this.#directory}: ${messageOf(cause)}; the next run goes on from the snapshot before`,
      { context: { directory: this.#directory }, cause },
    );
  }
}

const nameOf = (number: number): string => `snapshot-${String(number).padStart(12, '0')}.bin`;

/** What stands before the buffers. */
function headOf({ header, buffers }: SnapshotContent): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8 + 4 * buffers.length);
  head.writeUInt32LE(json.length, 0);
  head.writeUInt32LE(buffers.length, 4);
  buffers.forEach((buffer, i) => head.writeUInt32LE(buffer.byteLength, 8 + 4 * i));
  return [MAGIC, head, json];
}

/**
 * Writes and fsyncs a file; returns its length in bytes. However large the state is, a turn of the
 * event loop sums up and hands over one portion.
 */
async function writeDurably(path: string, content: SnapshotContent): Promise<number> {
  const handle = await open(path, 'w');
  let bytes = 0;
  let crc = 0;
  try {
    for (const chunk of chunksOf([...headOf(content), ...content.buffers], CHUNK)) {
      for (const part of chunk) {
        crc = crc32(part, crc);
        bytes += part.byteLength;
      }
      await writeAll(handle, chunk);
    }
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc);
    await writeAll(handle, [sum]);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return bytes + 4;
}

/** Writes all bytes: on a full disk the system takes a part of them first and only then complains. */
async function writeAll(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  let rest = parts;
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    let whole = 0;
    while (whole < rest.length && bytesWritten >= (rest[whole] as Uint8Array).byteLength) {
      bytesWritten -= (rest[whole++] as Uint8Array).byteLength;
    }
    const [first, ...others] = rest.slice(whole);
    rest = first === undefined ? [] : [first.subarray(bytesWritten), ...others];
  }
}

/** A megabyte is checked in less than a millisecond; systems take so many parts at once (IOV_MAX). */
const CHUNK: ChunkLimits = { bytes: 1 << 20, parts: 1024 };

function decode(file: Buffer): SnapshotContent | null {
  const end = file.length - 4;
  if (end < MAGIC.length + 8 || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (crc32(file.subarray(0, end)) !== file.readUInt32LE(end)) return null;
  let at = MAGIC.length;
  const headerLength = file.readUInt32LE(at);
  const count = file.readUInt32LE(at + 4);
  at += 8;
  const lengths = Array.from({ length: count }, (_, i) => file.readUInt32LE(at + 4 * i));
  at += 4 * count;
  const header: unknown = JSON.parse(file.toString('utf8', at, at + headerLength));
  at += headerLength;
  const buffers = lengths.map((length) => {
    // A copy of its own: aligned for typed arrays, and the file's buffer can go.
    const copy = new Uint8Array(file.subarray(at, at + length));
    at += length;
    return copy;
  });
  return { header, buffers };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
