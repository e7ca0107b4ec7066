import { Observable } from 'rxjs';
import type {
  Frame,
  Positions,
  ResumePoint,
  SourceContext,
  SourceEvent,
  SourcePort,
} from '../../graph/ports.ts';
import { EngineError, invariant, messageOf } from '../../errors.ts';
import type { SourceNode } from '../../plan/planner.ts';
import { recycleBuffer } from '../frame-buffers.ts';
import { DirectClient } from './direct-client.ts';
import { FlowGate } from './flow-gate.ts';
import { FETCH_BYTES } from './group-consumer.ts';
import { clientIdOf } from './membership.ts';
import { patiently } from './patience.ts';
import { Reading } from './reading.ts';
import { reread } from './reread.ts';
import type { StartAt } from './start-positions.ts';

/** The settings of a kafka source, as the planner leaves them. */
export interface KafkaSourceConfig {
  readonly topic: string;
  readonly group: string;
  /** Where to begin without a snapshot; a number is epoch ms. */
  readonly start: StartAt;
}

/** Beyond the records of a response: its envelope. */
const ENVELOPE_BYTES = 64 << 10;
const ASK_LIMIT_MS = 20_000;

/**
 * A source that reads a Kafka topic as raw record batches: no record is decoded here. See
 * reading.ts for the life of a subscription; one subscription at a time.
 */
export const kafkaSource = (node: SourceNode, context: SourceContext): SourcePort =>
  new KafkaSource(node, context);

class KafkaSource implements SourcePort {
  readonly maxFrameBytes = FETCH_BYTES + ENVELOPE_BYTES;
  readonly #config: KafkaSourceConfig;
  readonly #context: SourceContext;
  readonly #clientId: string;
  readonly #client: DirectClient;
  readonly #gate = new FlowGate();
  #reading: Reading | null = null;
  #closing: Promise<void> = Promise.resolve();
  #asking = 0;
  /** What the group has been told, or was when this run began. */
  #committed: Positions = new Map();

  constructor(node: SourceNode, context: SourceContext) {
    const { config, connection } = node.connector;
    if (connection === null) {
      throw new EngineError('ENG_INVARIANT', `source ${node.name} has no kafka connection`);
    }
    this.#config = config as KafkaSourceConfig;
    this.#context = context;
    this.#clientId = clientIdOf(context.pipeline);
    this.#client = new DirectClient(connection, this.#config.topic, this.#clientId);
  }

  open(start: ReadonlyMap<number, ResumePoint>): Observable<SourceEvent> {
    return new Observable((subscriber) => {
      invariant(this.#reading === null, 'a kafka source is opened once at a time');
      const { group, start: startAt } = this.#config;
      const { onDataLoss = 'stop' } = this.#context;
      const reading = new Reading({
        client: this.#client,
        clientId: this.#clientId,
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
        this.#closing = reading.close().then(() => this.#client.close());
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
      () => reread(this.#client, partition, { first, next }),
    );
  }

  async commit(positions: Positions): Promise<void> {
    const moved = [...positions].some(([p, next]) => this.#committed.get(p) !== next);
    if (!moved) return;
    this.#committed = positions;
    try {
      if (await this.#reading?.commit(positions)) return;
      // Once, since it is advisory: the next snapshot commits again.
      await this.#withClient(() => this.#client.commit(this.#config.group, positions));
    } catch (error) {
      const { group, topic } = this.#config;
      this.#context.onNotice(
        `the offsets of group ${group} on topic ${topic} could not be stored (the snapshot has them): ${messageOf(error)}`,
      );
    }
  }

  async identity(): Promise<string> {
    const cluster = await this.#ask('identifying', () => this.#client.clusterId());
    return `kafka:${cluster}/${this.#config.topic}`;
  }

  async ends(): Promise<Positions> {
    return this.#ask('reading the ends of', () => this.#client.offsets('high'));
  }

  /** A question outside the flow, asked again for a while when it fails. */
  async #ask<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return this.#withClient(() =>
      patiently(work, {
        connection: this.#client.connection,
        doing: `${doing} topic ${this.#config.topic}`,
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
      if (this.#reading === null && this.#asking === 0) await this.#client.close();
    }
  }
}
