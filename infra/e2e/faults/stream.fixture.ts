/**
 * A pipeline for faults: small events in a topic of its own; windows into Cassandra and Kafka, events
 * into Cassandra and files. What must come out is computed from the topic itself, by a reader that
 * knows nothing of the engine: per window the count, the sum of ids, and the sum of hashes, so that a
 * record that is lost and one that counts twice cannot make up for each other.
 */
import { expect } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { makeTopic, readWhole } from '../../../engine/io/kafka/broker.fixture.ts';
import { runWindows } from '../../oracles/windows.ts';
import type { EngineRun } from '../engine-run.fixture.ts';
import { TestKeyspace } from '../keyspace.fixture.ts';
import { Project, freshName, serverVariables } from '../project.fixture.ts';
import { expectRows } from '../rows.fixture.ts';
import { type TestRecord, TestTopic } from '../topic.fixture.ts';

const START = Date.parse('2024-03-28T12:00:00Z');
const KEYS = 10;
const RULES = { size: 4_000, slide: 2_000, grace: 1_000, outOfOrder: 2_000 };
const INJECT = new URL('./inject.ts', import.meta.url).href;

/** What a pipeline for faults may vary. */
export interface StreamOptions {
  readonly partitions?: number;
  readonly checkpointEvery?: string;
  /** Makes each record so many bytes larger. */
  readonly padding?: number;
  /** Settings of the topic. */
  readonly topicSettings?: Readonly<Record<string, string>>;
  /** Of the servers under test; those of the suite unless told. */
  readonly servers?: { readonly KAFKA_BROKERS: string; readonly CASSANDRA_CONTACT_POINTS: string };
  /** Changes the definition. */
  readonly change?: (definition: string) => string;
}

interface StreamEvent {
  readonly id: number;
  readonly key: string;
  readonly at: number;
  readonly mark: number;
}

interface Sums {
  readonly key: string;
  readonly n: number;
  readonly ids: number;
  readonly marks: number;
}

/** A dead letter: why, and `partition/offset`. */
export interface Letter {
  readonly code: string;
  readonly place: string;
}

/** What the topic says must come out. */
interface Expected {
  readonly events: readonly StreamEvent[];
  readonly windows: readonly object[];
  /** As `windows`, those whose end + grace every partition has passed. */
  readonly complete: readonly object[];
  /** `partition/offset` of events that are late for all windows. */
  readonly late: readonly string[];
}

/** One such pipeline, its topic and its tables. */
export class FaultStream {
  readonly name: string;
  readonly topic: TestTopic;
  readonly keyspace: TestKeyspace;
  readonly project: Project;
  readonly #options: StreamOptions;
  #written = 0;
  #nextId = 0;
  /** Where events go, in turn. */
  #partitions: readonly number[];

  constructor(purpose: string, options: StreamOptions = {}) {
    const { partitions = 3, servers = serverVariables() } = options;
    this.#partitions = range(0, partitions);
    this.name = freshName(purpose);
    this.#options = options;
    this.topic = new TestTopic(this.name, partitions, servers.KAFKA_BROKERS);
    this.keyspace = new TestKeyspace(this.name, servers.CASSANDRA_CONTACT_POINTS);
    this.project = new Project({ ...servers });
    this.define((text) => text);
  }

  /** Writes the definition, changed. */
  define(change: (text: string) => string): void {
    const { change: always = (text: string) => text } = this.#options;
    this.project.write('stream.yaml', change(always(this.#definition())));
  }

  /** Events written so far. */
  get written(): number {
    return this.#written;
  }

  async create(): Promise<void> {
    const { topicSettings } = this.#options;
    if (topicSettings !== undefined)
      await makeTopic(this.name, this.#partitions.length, topicSettings);
    await this.topic.create();
  }

  /**
   * Adds partitions until there are so many; from now on events go to those alone, and are later than
   * all before by more than records are out of order.
   */
  async grow(partitions: number): Promise<void> {
    const before = this.#partitions.length;
    await this.topic.grow(partitions);
    this.#partitions = range(before, partitions);
    this.#nextId += 10_000;
  }

  /** Appends the next events. */
  async append(count: number, padding = this.#options.padding ?? 0): Promise<void> {
    const pad = padding === 0 ? {} : { pad: 'x'.repeat(padding) };
    for (let left = count; left > 0;) {
      const some = Math.min(left, 20_000);
      await this.topic.write(
        Array.from({ length: some }, (): TestRecord => {
          const event = eventOf(this.#nextId++);
          this.#written++;
          const { id, key, at } = event;
          const partition = this.#partitions[id % this.#partitions.length] ?? 0;
          return {
            ...{ partition, key, timestamp: at },
            value: JSON.stringify({ ...event, ...pad }),
          };
        }),
      );
      left -= some;
    }
  }

  /** Ends a run that has read everything, writes its open windows, and compares. */
  async expectWhole(run: EngineRun): Promise<void> {
    await run.until('the last record', () => run.latest?.records === this.written);
    run.kill('SIGTERM');
    expect(await run.ending(), run.text()).toBe(0);
    expect(run.summary).toMatchObject({ records: this.written, resumed: false });
    await this.finish();
    await this.expectExact();
  }

  /** Starts `engine run`; `fault` is a query for inject.ts. */
  start(fault: string | null, ...flags: string[]): EngineRun {
    const nodeArgs = fault === null ? [] : ['--import', `${INJECT}?${fault}`];
    return this.project.startWith(nodeArgs, 'run', 'stream.yaml', '--json', ...flags);
  }

  /** Runs to the end of the topic, which must go well. */
  async finish(...flags: string[]): Promise<EngineRun> {
    const run = this.start(null, '--until', 'end', ...flags);
    expect(await run.ending(), run.text()).toBe(0);
    return run;
  }

  /**
   * Expects every sink to hold what the topic says, once. `failed` are the records that must be dead
   * letters beside those that are late: they are no events. `refused` are events that a sink of the
   * definition's own would not take.
   */
  async expectExact(
    failed: readonly Letter[] = [],
    refused: readonly Letter[] = [],
  ): Promise<void> {
    const expected = await this.#expected(new Set(failed.map(({ place }) => place)));
    const key = ['key', 'window_start'];
    expectRows(await this.keyspace.rows('windows'), expected.windows, { key });
    await this.#expectEvents(expected.events);
    this.#expectFiles(expected.events);
    await this.#expectLog(expected.complete);
    await this.#expectLetters([
      ...failed,
      ...refused,
      ...expected.late.map((place) => ({ code: 'LATE', place })),
    ]);
  }

  async remove(): Promise<void> {
    await this.project.remove();
    await this.keyspace.remove();
    await this.topic.remove();
  }

  /** Codes of the dead letters, each record once, with their place. */
  async letters(): Promise<Letter[]> {
    const letters = await readWhole(`${this.name}_dead`, this.#brokers);
    const found = new Map(
      [...letters.values()].flat().map(({ headers = {} }) => {
        const of = (name: string): string => String(headers[name] ?? '');
        const place = `${of('engine-partition')}/${of('engine-offset')}`;
        return [of('engine-id'), { code: of('engine-code'), place }] as const;
      }),
    );
    return [...found.values()];
  }

  get #brokers(): string {
    return (this.#options.servers ?? serverVariables()).KAFKA_BROKERS;
  }

  async #expected(failed: ReadonlySet<string>): Promise<Expected> {
    const messages = await readWhole(this.name, this.#brokers);
    const records = [...messages].flatMap(([partition, some]) =>
      some.flatMap(({ offset, value }) => {
        if (value === null || failed.has(`${partition}/${offset}`)) return [];
        return [{ partition, offset, event: JSON.parse(value.toString()) as StreamEvent }];
      }),
    );
    const marks = new Map(records.map(({ event: { id, mark } }) => [id, mark]));
    const { windows, late } = runWindows(
      records.map(({ partition, event: { key, at, id } }) => ({
        ...{ partition, time: at },
        entry: { key, value: id },
      })),
      RULES,
      { ended: false },
    );
    const rows = windows.map(({ key, start, values, complete }) => ({
      complete,
      row: {
        ...{ key, window_start: start, n: values.length },
        ids: values.reduce((sum, id) => sum + id, 0),
        marks: values.reduce((sum, id) => sum + (marks.get(id) ?? NaN), 0),
      },
    }));
    return {
      events: records.map(({ event }) => event),
      windows: rows.map(({ row }) => row),
      complete: rows.filter(({ complete }) => complete).map(({ row }) => row),
      late: late.map((at) => `${records[at]?.partition}/${records[at]?.offset}`),
    };
  }

  async #expectEvents(events: readonly StreamEvent[]): Promise<void> {
    const rows = await this.keyspace.query(
      'SELECT count(*) AS n, sum(id) AS ids, sum(mark) AS marks FROM %.events',
    );
    const all = sumsOf(events.map((event) => ({ ...event, key: '' })));
    expectRows(
      rows,
      all.map(({ key: _, ...sums }) => sums),
      { key: ['n'] },
    );
  }

  /** The files hold every event once: of a file as much as the manifest says. */
  #expectFiles(events: readonly StreamEvent[]): void {
    const directory = this.project.path('out');
    const name = readdirSync(directory).find((each) => each.endsWith('.manifest.json'));
    const manifest = JSON.parse(readFileSync(`${directory}/${name}`, 'utf8')) as {
      files: Record<string, number>;
    };
    const lines = Object.entries(manifest.files).flatMap(([path, bytes]) => {
      const text = readFileSync(this.project.path(path)).subarray(0, bytes).toString();
      return text.split('\n').filter((line) => line !== '');
    });
    expect(lines).toHaveLength(events.length);
    const found = lines.map((line) => JSON.parse(line) as StreamEvent);
    expectRows(sumsOf(found), sumsOf(events), { key: ['key'] });
  }

  /** Rows in Kafka come at least once; one that comes again has the same id and says the same (R6). */
  async #expectLog(complete: readonly object[]): Promise<void> {
    const messages = await readWhole(`${this.name}_windows`, this.#brokers);
    const byId = new Map<string, string>();
    for (const { headers = {}, value } of [...messages.values()].flat()) {
      const id = String(headers['engine-id']);
      const text = value?.toString() ?? '';
      expect(byId.get(id) ?? text).toBe(text);
      byId.set(id, text);
    }
    const rows = [...byId.values()].map((text) => {
      const row = JSON.parse(text) as { window_start: string };
      return { ...row, window_start: Date.parse(row.window_start) };
    });
    expectRows(rows, complete, { key: ['key', 'window_start'] });
  }

  async #expectLetters(expected: readonly Letter[]): Promise<void> {
    const texts = (letters: readonly Letter[]): string[] =>
      letters.map(({ code, place }) => `${code} ${place}`).sort();
    expect(texts(await this.letters())).toEqual(texts(expected));
  }

  #definition(): string {
    const { checkpointEvery = '60ms', padding = 0 } = this.#options;
    const { name } = this;
    const { size, slide, grace, outOfOrder } = RULES;
    const pad = padding === 0 ? '' : ', pad: string!';
    return `
name: ${name}
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra:
    contact_points: "\${CASSANDRA_CONTACT_POINTS}"
    local_data_center: datacenter1
    keyspace: ${name}
    replication: 1
sources:
  events:
    kafka: { topic: ${name}, group: ${name}, start: earliest }
    format: json
    schema: { id: long!, key: string!, at: long!, mark: long!${pad} }
    event_time: { column: at, unit: ms }
    watermark: { out_of_order: ${outOfOrder}ms }
stages:
  windows:
    from: events
    window: { sliding: ${size}ms, every: ${slide}ms, grace: ${grace}ms }
    group_by: [key]
    aggregate:
      n: count()
      ids: sum(id)
      marks: sum(mark)
    late: dead_letter
sinks:
  windows_table: { from: windows, cassandra: { table: windows, primary_key: [[key], window_start] } }
  windows_log: { from: windows, kafka: { topic: ${name}_windows, key: key } }
  events_table: { from: events, cassandra: { table: events, primary_key: [[id]] } }
  events_file: { from: events, file: { path: "out/{partition}-{part}.ndjson", rotate: { size: 256KiB } } }
errors: { dead_letter: { kafka: { topic: ${name}_dead } } }
checkpoint: { every: ${checkpointEvery} }
`;
  }
}

/** Event `id`: one a millisecond of event time; every 50th is somewhat, every 97th very late. */
function eventOf(id: number): StreamEvent {
  const behind = id % 97 === 0 ? 20_000 : id % 50 === 0 ? 4_500 : (id * 7919) % 1_500;
  return {
    id,
    key: `k${id % KEYS}`,
    at: START + id - behind,
    mark: crc32(`event ${id}`) % 1_000_003,
  };
}

const range = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);

function sumsOf(events: readonly StreamEvent[]): Sums[] {
  const sums = new Map<string, Sums>();
  for (const { key, id, mark } of events) {
    const { n, ids, marks } = sums.get(key) ?? { n: 0, ids: 0, marks: 0 };
    sums.set(key, { key, n: n + 1, ids: ids + id, marks: marks + mark });
  }
  return [...sums.values()];
}
