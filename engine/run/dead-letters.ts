/** The dead letters of a pipeline: each once, counted by code and stage, the newest at hand. */
import { type KeptLetter, letterOfRecord } from '../io/dead-letter/kept-letter.ts';
import type { Connector } from '../plan/planner.ts';
import { openTopicReading, readWhole } from './topic-reading.ts';

/** Letters that are asked for. */
export interface LetterFilter {
  readonly code?: string;
  readonly stage?: string;
}

/** Letters of one code and stage. */
export interface LetterCount {
  readonly code: string;
  readonly stage: string;
  readonly letters: number;
}

/** Letters of a pipeline. */
export class LetterBook {
  readonly #wanted: LetterFilter & { readonly pipeline: string };
  readonly #limit: number;
  readonly #ids = new Set<string>();
  readonly #counts = new Map<string, LetterCount>();
  #newest: { readonly letter: KeptLetter; readonly atMs: number; readonly number: number }[] = [];
  #again = 0;

  /** Holds the `limit` newest letters that are wanted. */
  constructor(wanted: LetterFilter & { readonly pipeline: string }, limit: number) {
    this.#wanted = wanted;
    this.#limit = limit;
  }

  /** Takes a letter; `atMs` says when it was written, as far as its place knows. */
  add(letter: KeptLetter, atMs: number): void {
    const { id, code, stage, pipeline } = letter;
    const { code: wantedCode = code, stage: wantedStage = stage } = this.#wanted;
    if (pipeline !== this.#wanted.pipeline) return;
    if (code !== wantedCode || stage !== wantedStage) return;
    if (this.#ids.has(id)) {
      this.#again++;
      return;
    }
    this.#ids.add(id);
    const key = JSON.stringify([code, stage]);
    const letters = (this.#counts.get(key)?.letters ?? 0) + 1;
    this.#counts.set(key, { code, stage, letters });
    this.#newest.push({ letter, atMs, number: this.#ids.size });
    if (this.#newest.length >= 2 * this.#limit + 1_000) this.#forget();
  }

  /** Different letters that were wanted. */
  get size(): number {
    return this.#ids.size;
  }

  /** Letters that came once more, as they may after a crash (R6). */
  get again(): number {
    return this.#again;
  }

  /** By code and stage, the most first. */
  get counts(): readonly LetterCount[] {
    return [...this.#counts.values()].toSorted((a, b) => b.letters - a.letters);
  }

  /** The newest first. */
  get newest(): readonly KeptLetter[] {
    this.#forget();
    return this.#newest.map(({ letter }) => letter);
  }

  #forget(): void {
    this.#newest.sort((a, b) => b.atMs - a.atMs || b.number - a.number);
    this.#newest.length = Math.min(this.#newest.length, this.#limit);
  }
}

/**
 * Reads all letters that a place holds now into a book; a place that is not there holds none. Throws
 * EngineError of the place's client. `project` is the root that paths are below.
 */
export async function readLetters(
  connector: Connector,
  project: string,
  book: LetterBook,
): Promise<void> {
  if (connector.kind === 'file') {
    const { readFileLetters } = await import('../io/file/read-letters.ts');
    for await (const letter of readFileLetters(connector, project)) book.add(letter, 0);
    return;
  }
  await readWhole(await openTopicReading(connector, project), (record) => {
    const letter = letterOfRecord(record);
    if (letter !== null) book.add(letter, record.timestamp);
  });
}

/** Where letters are kept, for people. */
export function placeText({ kind, config, connection }: Connector): string {
  const { topic, path } = config as { readonly topic?: string; readonly path?: string };
  if (kind === 'file') return `file ${path ?? ''}`;
  const where = connection === null ? '.engine/topics' : connection.addresses.join(', ');
  return `topic ${topic ?? ''} (${where})`;
}
