import { Observable } from 'rxjs';
import type {
  Frame,
  Positions,
  ResumePoint,
  SourceContext,
  SourceEvent,
  SourcePort,
} from '../../graph/ports.ts';
import { invariant, messageOf } from '../../errors.ts';
import { recycleBuffer } from '../frame-buffers.ts';
import { FlowGate } from './flow-gate.ts';
import type { KafkaPort } from './kafka-port.ts';
import { patiently } from './patience.ts';
import { Reading } from './reading.ts';
import { reread } from './reread.ts';
import type { StartAt } from './start-positions.ts';

/** What a topic source is to read. */
export interface TopicReadingConfig {
  readonly group: string;
  /** Where to begin without a snapshot; a number is epoch ms. */
  readonly start: StartAt;
}

/** What it is told of its run. */
export type TopicContext = Pick<SourceContext, 'signal' | 'onDataLoss' | 'onNotice'>;

const ASK_LIMIT_MS = 20_000;

/** A source that reads one topic as a member of a group; one subscription at a time. */
export class TopicSource implements SourcePort {
  readonly maxFrameBytes: number;
  readonly #config: TopicReadingConfig;
  readonly #kafka: KafkaPort;
  readonly #context: TopicContext;
  readonly #gate = new FlowGate();
  #reading: Reading | null = null;
  #closing: Promise<void> = Promise.resolve();
  #asking = 0;
  /** What the group has been told, or was when this run began. */
  #committed: Positions = new Map();

  constructor(config: TopicReadingConfig, kafka: KafkaPort, context: TopicContext) {
    this.maxFrameBytes = kafka.maxFrameBytes;
    this.#config = config;
    this.#kafka = kafka;
    this.#context = context;
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return new Observable((subscriber) => {
      invariant(this.#reading === null, 'a kafka source is opened once at a time');
      const { group, start: startAt } = this.#config;
      const { onDataLoss = 'stop' } = this.#context;
      const reading = new Reading({
        kafka: this.#kafka,
        group,
        start: startAt,
        onDataLoss,
        points: start,
        gate: this.#gate,
        signal: this.#context.signal,
        emit: (event) => subscriber.next(event),
        fail: (error) => subscriber.error(error),
      });
      this.#reading = reading;
      this.#committed = new Map([...start].map(([p, { nextOffset }]) => [p, nextOffset]));
      void this.#closing.then(() => reading.run());
      return () => {
        this.#reading = null;
        this.#closing = reading.close().then(() => this.#kafka.client.close());
      };
    });
  }

  recycle(buffer: ArrayBuffer): void {
    recycleBuffer(buffer);
  }

  pause(partitions?: readonly number[]): void {
    this.#gate.pause(partitions);
    this.#reading?.paused(partitions);
  }

  resume(partitions?: readonly number[]): void {
    this.#gate.resume(partitions, this.#reading?.partitions ?? []);
    this.#reading?.resumed(partitions);
  }

  async reread(partition: number, first: number, next: number): Promise<Frame> {
    return this.#ask(
      `reading offsets ${first} to ${next} of partition ${partition} again from`,
      () => reread(this.#kafka.client, partition, { first, next }),
    );
  }

  async commit(positions: Positions): Promise<void> {
    const moved = [...positions].some(([p, next]) => this.#committed.get(p) !== next);
    if (!moved) return;
    const { client } = this.#kafka;
    const { group } = this.#config;
    try {
      // Once, since it is advisory: the next snapshot commits again.
      const isMember = await this.#reading?.commit(positions);
      if (isMember !== true) await this.#withClient(() => client.commit(group, positions));
      this.#committed = positions;
    } catch (error) {
      this.#context.onNotice(
        `the offsets of group ${group} on topic ${client.topic} could not be stored (the snapshot has them): ${messageOf(error)}`,
      );
    }
  }

  async identity(): Promise<string> {
    const cluster = await this.#ask('identifying', () => this.#kafka.client.clusterId());
    return `kafka:${cluster}/${this.#kafka.client.topic}`;
  }

  async ends(): Promise<Positions> {
    return this.#ask('reading the ends of', () => this.#kafka.client.offsets('high'));
  }

  /** A question outside the flow, asked again for a while when it fails. */
  async #ask<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const { connection, topic } = this.#kafka.client;
    return this.#withClient(() =>
      patiently(work, {
        connection,
        doing: `${doing} topic ${topic}`,
        signal: new AbortController().signal,
        onNotice: this.#context.onNotice,
        limitMs: ASK_LIMIT_MS,
      }),
    );
  }

  /** Connections that nobody reads or asks through any more are closed. */
  async #withClient<T>(work: () => Promise<T>): Promise<T> {
    this.#asking++;
    try {
      await this.#closing;
      return await work();
    } finally {
      this.#asking--;
      if (this.#reading === null && this.#asking === 0) await this.#kafka.client.close();
    }
  }
}
