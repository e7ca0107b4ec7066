/** One file that lines are appended to, at positions known beforehand: a write may be tried again. */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './manifest.ts';

const NEWLINE = 10;

/** A file open for appending. */
export class PartFile {
  readonly #file: FileHandle;
  readonly #absolute: string;
  /** Relative to the project. */
  readonly path: string;
  readonly openedAtMs: number;
  #bytes: number;
  #isDirty = false;
  #isNew: boolean;

  private constructor(file: FileHandle, place: Place, bytes: number) {
    this.#file = file;
    this.#absolute = place.absolute;
    this.path = place.path;
    this.openedAtMs = place.nowMs;
    this.#bytes = bytes;
    this.#isNew = bytes === 0;
  }

  /** Opens the file at its end, makes it and its directory when they are not there. */
  static async open(place: Place): Promise<PartFile> {
    await mkdir(dirname(place.absolute), { recursive: true });
    const file = await open(place.absolute, 'a').then(async (made) => {
      await made.close();
      return open(place.absolute, 'r+');
    });
    return new PartFile(file, place, (await file.stat()).size);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends; what a failed attempt left behind is overwritten by the next. */
  async append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, at, null, this.#bytes + at);
      at += bytesWritten;
    }
    this.#bytes += bytes.length;
    this.#isDirty = true;
  }

  /** Ends a last line that a crash cut off. */
  async endLine(): Promise<void> {
    const last = Buffer.alloc(1);
    if (this.#bytes === 0) return;
    await this.#file.read(last, 0, 1, this.#bytes - 1);
    if (last[0] !== NEWLINE) await this.append(Buffer.of(NEWLINE));
  }

  /** Resolves when all that was appended, and the file's name, are on disk. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    await this.#file.datasync();
    if (this.#isNew) await syncDirectory(dirname(this.#absolute));
    this.#isNew = false;
    this.#isDirty = false;
  }

  async close(): Promise<void> {
    await this.sync();
    await this.#file.close();
  }
}

/** Where a file is, and when it was opened. */
export interface Place {
  readonly absolute: string;
  readonly path: string;
  readonly nowMs: number;
}
