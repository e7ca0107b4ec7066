/**
 * An API as a source: rounds of requests, one for each row of a file, then a pause. Framing `lines`,
 * one partition, unbounded, not replayable (R9).
 *
 *     rows ──▶ due? ──▶ rate limit ──▶ at most 4 at a time ──▶ answer ──▶ event ──▶ a frame each
 *                ▲                                                │
 *                └──────────── backed off or dropped ◀────────────┘
 *
 * Offsets begin at the time of opening (epoch ms) and count events. So ids made of them are never
 * given to another event: neither in a later run, nor in one that goes on behind a crash.
 */
import PQueue from 'p-queue';
import type { Observable } from 'rxjs';
import { EngineError } from '../../errors.ts';
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
import { type Answer, MAX_ANSWER_BYTES, ask } from './ask.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Selected, buildEvents, eventText, fillUrl, missingColumns } from './event.ts';
import { Journal, type Memory } from './journal.ts';
import { type Rate, RateLimit } from './rate-limit.ts';
import { Roster } from './roster.ts';
import { type Row, readRows } from './rows.ts';

/** Settings of an `http_poll` source; times in ms. */
export interface HttpPollConfig {
  readonly url: string;
  readonly forEach: string | null;
  readonly unit: string;
  readonly pauseMs: number;
  readonly rate: Rate;
  readonly timeoutMs: number;
  readonly retry: { readonly firstMs: number; readonly longestMs: number };
  readonly select: readonly Selected[] | null;
  readonly oncePer: string | null;
  /** Variables of the address; null when not set. */
  readonly variables: Readonly<Record<string, string | null>>;
  readonly timezone: string;
}

/** What a test puts in the place of the machine's. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
}

const REQUESTS_AT_A_TIME = 4;
/** Shorter variables are not looked for in events: they may well be data. */
const LEAST_SECRET = 8;

/**
 * Opens an API.
 * @param directory the project's root, which the file of rows is below
 * @throws EngineError ENG_HTTP_KEY when a variable of the address is not set
 */
export function httpPollSource(
  node: SourceNode,
  _context: SourceContext,
  directory: string,
  surroundings: Surroundings = { clock: systemClock, random: Math.random },
): SourcePort {
  const config = node.connector.config as HttpPollConfig;
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(config.variables)) {
    if (value === null) throw noKey(node.name, name);
    variables.set(name, value);
  }
  return new HttpPollSource(config, variables, directory, surroundings);
}

const noKey = (source: string, variable: string): EngineError =>
  new EngineError(
    'ENG_HTTP_KEY',
    `${source} needs a key, and ${variable} is not set: write ${variable}=… into .env or the environment, or run with --simulate to have readings made up`,
  );

interface Reply {
  readonly row: Row;
  readonly atMs: number;
  /** Null: it was not asked after all. */
  readonly answer: Answer | null;
  /** What a person should know. */
  readonly notice: string | null;
}

class HttpPollSource implements SourcePort {
  readonly maxFrameBytes = 2 * MAX_ANSWER_BYTES;
  readonly #config: HttpPollConfig;
  readonly #variables: ReadonlyMap<string, string>;
  readonly #directory: string;
  readonly #surroundings: Surroundings;
  readonly #gate = new Gate();
  readonly #journal = new Journal();
  readonly #queue = new PQueue({ concurrency: REQUESTS_AT_A_TIME });
  readonly #limit: RateLimit;
  readonly #toEvent: ReturnType<typeof buildEvents>;
  #next: number;
  /** Resolves the answers of `ends` when a round is over. */
  #waiting: (() => void)[] = [];

  constructor(
    config: HttpPollConfig,
    variables: ReadonlyMap<string, string>,
    directory: string,
    surroundings: Surroundings,
  ) {
    this.#config = config;
    this.#variables = variables;
    this.#directory = directory;
    this.#surroundings = surroundings;
    this.#limit = new RateLimit(config.rate, surroundings.clock);
    this.#toEvent = buildEvents(config.select, config.timezone);
    this.#next = surroundings.clock.now();
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
    const bytes = new Uint8Array(Buffer.concat(this.#journal.range(first, next)));
    return frameOf(bytes, { partition, first, next });
  }

  async commit(positions: Positions): Promise<void> {
    const next = positions.get(0);
    if (next !== undefined) this.#journal.settle(next);
  }

  memory(positions: ReadonlyMap<number, ResumePoint>): Memory {
    return this.#journal.memory(positions.get(0)?.nextOffset ?? 0);
  }

  restore(memory: unknown): void {
    this.#journal.restore(memory as Memory);
  }

  async identity(): Promise<string> {
    return `http_poll ${this.#config.url}`;
  }

  /** The end of an API is that of a round: answered when the one under way is over. */
  async ends(): Promise<Positions> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return new Map([[0, this.#next]]);
  }

  async *#read(
    start: ReadonlyMap<number, ResumePoint>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceEvent> {
    const { clock, random } = this.#surroundings;
    const rows = await this.#readRows();
    const names = rows.map(({ name }) => name);
    const roster = new Roster(names, { ...this.#config.retry, random });
    this.#next = Math.max(clock.now(), start.get(0)?.nextOffset ?? 0);
    yield { kind: 'partitions', partitions: [0], starts: new Map([[0, this.#next]]) };
    let polledMs = clock.now();
    while (!signal.aborted) {
      await this.#gate.opened([0], signal);
      yield* this.#round(rows, roster, signal);
      if (roster.size === 0) throw nobodyLeft();
      const now = clock.now();
      yield { kind: 'empty', partition: 0, end: this.#next, polledMs: now - polledMs };
      polledMs = now;
      for (const resolve of this.#waiting.splice(0)) resolve();
      await clock.wait(Math.max(this.#config.pauseMs, roster.nextDueMs() - now), signal);
    }
  }

  async #readRows(): Promise<readonly Row[]> {
    const { forEach, url, select } = this.#config;
    const rows = await readRows(forEach, this.#directory);
    const texts = [url, ...(select ?? []).map(([, from]) => from)];
    const [missing] = rows.slice(0, 1).flatMap((row) => missingColumns(texts, row));
    if (missing === undefined) return rows;
    throw new EngineError('ENG_FILE_READ', `${forEach ?? ''} has no column \`${missing}\``);
  }

  async *#round(
    rows: readonly Row[],
    roster: Roster,
    signal: AbortSignal,
  ): AsyncGenerator<SourceEvent> {
    const due = rows.filter(({ name }) => roster.isDue(name, this.#surroundings.clock.now()));
    const asked = due.map((row) => this.#queue.add(() => this.#ask(row, roster, signal)));
    for await (const { row, atMs, answer, notice } of asTheyCome(asked)) {
      if (signal.aborted || answer === null) continue;
      if (notice !== null) yield { kind: 'notice', text: this.#conceal(notice, 1) };
      const frame = answer.kind === 'body' ? this.#take(row, atMs, answer.body) : null;
      if (frame !== null) yield { kind: 'frame', frame };
    }
  }

  async #ask(row: Row, roster: Roster, signal: AbortSignal): Promise<Reply> {
    const { clock } = this.#surroundings;
    const { url, unit, timeoutMs } = this.#config;
    await this.#limit.turn(signal);
    const atMs = clock.now();
    // All may have been told to wait meanwhile.
    if (signal.aborted || !roster.isDue(row.name, atMs))
      return { row, atMs, answer: null, notice: null };
    const address = fillUrl(url, { row, unit }, this.#variables);
    const answer = await ask(address, { timeoutMs, clock, signal });
    return { row, atMs, answer, notice: roster.judge(row.name, answer, clock.now()) };
  }

  /** The frame of an answer; null when it is the same as the last one of its row. */
  #take(row: Row, atMs: number, body: unknown): Frame | null {
    const { unit, oncePer } = this.#config;
    const event = this.#toEvent(body, { row, unit, atMs });
    const version = oncePer === null ? null : JSON.stringify((event as Event).get(oncePer) ?? null);
    if (version !== null && this.#journal.latest(row.name) === version) return null;
    const text = this.#conceal(eventText(event), LEAST_SECRET);
    const line = new TextEncoder().encode(`${text}\n`);
    const offset = this.#next++;
    this.#journal.add({ offset, line, name: row.name, version });
    return frameOf(line.slice(), { partition: 0, first: offset, next: offset + 1 });
  }

  /** A text without the values of variables that are at least so long. */
  #conceal(text: string, least: number): string {
    return [...this.#variables.values()]
      .filter(({ length }) => length >= least)
      .reduce((rest, value) => rest.replaceAll(value, '***'), text);
  }
}

type Event = ReadonlyMap<string, unknown>;

const nobodyLeft = (): EngineError =>
  new EngineError('ENG_HTTP_FAILED', 'nothing is left to ask: the API refused every row');

function frameOf(
  bytes: Uint8Array<ArrayBuffer>,
  { partition, first, next }: { partition: number; first: number; next: number },
): Frame {
  const slice = { partition, start: 0, length: bytes.length, firstOffset: first, nextOffset: next };
  return { buffer: bytes.buffer, slices: [slice] };
}

/** The results of promises in the order they settle; none may reject. O(n²). */
async function* asTheyCome<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const open = new Map(
    promises.map((promise, i) => [i, promise.then((result) => ({ i, result }))]),
  );
  while (open.size > 0) {
    const { i, result } = await Promise.race(open.values());
    open.delete(i);
    yield result;
  }
}
