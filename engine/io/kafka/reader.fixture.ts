/** Topics and subscriptions of tests of the source that remember everything and clean up. */
import { expect } from 'vitest';
import type { Subscription } from 'rxjs';
import type {
  Frame,
  ResumePoint,
  SourceContext,
  SourceEvent,
  SourcePort,
} from '../../graph/ports.ts';
import { framesIn, recordsOf } from '../source-contract.suite.ts';
import { fill, freshName, makeTopic, openSource, pause, removeTopic } from './broker.fixture.ts';
import type { Compression } from './codecs.ts';
import type { KafkaSourceConfig } from './source.ts';

/** What is to be done at the end of a test, last first, by `undoAll`. */
export const undo: (() => Promise<unknown> | undefined)[] = [];

/** Closes what was opened and removes what was made since the last call. */
export async function undoAll(): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

/** A topic with these records by partition. */
export async function topicWith(
  records: ReadonlyMap<number, readonly string[]>,
  filling: { perBatch?: number; compression?: Compression } = {},
): Promise<string> {
  const topic = freshName('topic');
  await makeTopic(topic, records.size);
  undo.push(() => removeTopic(topic).catch(() => undefined));
  await fill(topic, { records, ...filling });
  return topic;
}

/** A subscription that remembers everything, and expects the offsets of a partition without gap. */
export class Reader {
  readonly port: SourcePort;
  readonly events: SourceEvent[] = [];
  /** By partition, the offset behind all that came. */
  readonly next = new Map<number, number>();
  error: Error | null = null;
  #subscription: Subscription | null = null;
  onFrame: (frame: Frame) => void = () => undefined;

  constructor(
    topic: string,
    config: Partial<KafkaSourceConfig> = {},
    context: Partial<SourceContext> = {},
  ) {
    this.port = openSource(topic, config, context);
  }

  open(points: ReadonlyMap<number, ResumePoint> = new Map()): this {
    this.#subscription = this.port.open(points).subscribe({
      next: (event) => this.#take(event),
      error: (error: unknown) => (this.error = error as Error),
    });
    undo.push(() => this.close());
    return this;
  }

  async close(): Promise<void> {
    this.#subscription?.unsubscribe();
    await this.port.commit(new Map());
  }

  #take(event: SourceEvent): void {
    this.events.push(event);
    if (event.kind !== 'frame') return;
    for (const { partition, firstOffset, nextOffset } of event.frame.slices) {
      const expected = this.next.get(partition);
      if (expected !== undefined) expect(firstOffset).toBe(expected);
      this.next.set(partition, nextOffset);
    }
    this.onFrame(event.frame);
  }

  get notices(): string[] {
    return this.events.flatMap((event) => (event.kind === 'notice' ? [event.text] : []));
  }

  records(): Map<number, string[]> {
    const all = new Map<number, string[]>();
    for (const frame of framesIn(this.events)) {
      for (const [partition, values] of recordsOf(frame, 'kafka-v2')) {
        all.set(partition, [...(all.get(partition) ?? []), ...values]);
      }
    }
    return all;
  }

  async until(condition: () => boolean, limitMs = 30_000): Promise<void> {
    const begun = performance.now();
    while (!condition()) {
      if (this.error !== null) throw this.error;
      if (performance.now() - begun > limitMs) {
        throw new Error(`waited too long; notices: ${this.notices.join(' | ')}`);
      }
      await pause(10);
    }
  }

  async untilAt(ends: ReadonlyMap<number, number>): Promise<void> {
    await this.until(() => [...ends].every(([p, end]) => (this.next.get(p) ?? 0) >= end));
  }

  async untilError(limitMs = 30_000): Promise<Error> {
    const begun = performance.now();
    while (this.error === null && performance.now() - begun < limitMs) await pause(10);
    if (this.error === null) throw new Error('it did not fail');
    return this.error;
  }
}

/** By partition, the offset behind the last of these records of a new topic. */
export const endsOf = (records: ReadonlyMap<number, readonly string[]>): Map<number, number> =>
  new Map([...records].map(([p, values]) => [p, values.length]));
