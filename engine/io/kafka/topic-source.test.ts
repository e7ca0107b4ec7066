import type { Subscription } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SourceEvent } from '../../graph/ports.ts';
import { connectionTo } from './brokers.ts';
import type { GroupHandlers, GroupMembership, KafkaPort, TopicClient } from './kafka-port.ts';
import { TopicSource } from './topic-source.ts';

const OTHER = { memberId: 'm2', clientId: 'somebody-else', clientHost: '/10.0.0.7' };

/** A topic and a group that do nothing by themselves. */
class Rig {
  partitions = 1;
  handlers: GroupHandlers | null = null;
  readonly commits: (readonly [number, number][])[] = [];
  isRefusing = false;
  readonly events: SourceEvent[] = [];
  readonly source: TopicSource;
  readonly #subscription: Subscription;

  constructor() {
    const context = { signal: new AbortController().signal, onNotice: () => undefined };
    this.source = new TopicSource({ group: 'g', start: 'earliest' }, this.#port(), context);
    this.#subscription = this.source.open(new Map()).subscribe({
      next: (event) => this.events.push(event),
      error: (error: unknown) => expect(error).toBeNull(),
    });
    onTestFinished(() => this.#subscription.unsubscribe());
  }

  get notices(): string[] {
    return this.events.flatMap((event) => (event.kind === 'notice' ? [event.text] : []));
  }

  async join(assigned: readonly number[]): Promise<void> {
    await settle();
    this.handlers?.onJoin(assigned, 'm1');
    await settle();
  }

  /** An empty fetch at the end of a partition. */
  poll(partition: number): void {
    const empty = { bytes: Buffer.alloc(0), aborted: [], highWatermark: 0, fetchedOffset: 0 };
    this.handlers?.onFetch({ partition, ...empty, accept: () => undefined });
  }

  #port(): KafkaPort {
    const offsets = (): Map<number, number> =>
      new Map(Array.from({ length: this.partitions }, (_, partition) => [partition, 0]));
    const client: TopicClient = {
      topic: 'weather',
      connection: connectionTo('localhost:9092'),
      partitions: async () => [...offsets().keys()],
      offsets: async () => offsets(),
      fetch: () => Promise.reject(new Error('not asked')),
      committed: async () => new Map(),
      commit: async () => undefined,
      members: async () => [OTHER],
      leave: async () => undefined,
      isCompacted: async () => false,
      clusterId: async () => 'c',
      close: async () => undefined,
    };
    const clock = { now: () => 0, pause: () => new Promise<void>(() => undefined) };
    const member = (handlers: GroupHandlers): GroupMembership => {
      this.handlers = handlers;
      return {
        run: () => new Promise(() => undefined),
        ...{ seek: () => undefined, pause: () => undefined, resume: () => undefined },
        commit: async (positions) => {
          if (this.isRefusing) throw new Error('REBALANCE_IN_PROGRESS');
          this.commits.push([...positions]);
        },
        close: async () => undefined,
      };
    };
    return { client, clock, clientId: 'engine-p-h-1', maxFrameBytes: 1 << 20, member };
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a source that reads a topic as a member of a group', () => {
  it('R8: pauses and names who was given a partition that is new', async () => {
    const rig = new Rig();
    await rig.join([0]);
    rig.partitions = 2;
    await rig.join([0]);
    expect(rig.notices).toEqual([
      'partition 1 of topic weather is read by somebody-else at 10.0.0.7 of group g: waiting until it leaves',
    ]);
    rig.poll(0);
    expect(rig.events.filter(({ kind }) => kind === 'empty')).toEqual([]);
    await rig.join([0, 1]);
    rig.poll(1);
    expect(rig.notices.at(-1)).toContain('are ours again');
    expect(rig.events.at(-1)).toMatchObject({ kind: 'empty', partition: 1 });
  });

  it('R8: waits for a new partition of another member below one that is its own', async () => {
    const rig = new Rig();
    await rig.join([0]);
    rig.partitions = 3;
    await rig.join([0, 2]);
    const told = rig.events.filter((event) => event.kind === 'partitions');
    expect(told.at(-1)?.partitions).toEqual([0, 1, 2]);
    expect(rig.notices.at(-1)).toContain('partition 1 of topic weather');
  });

  it('commits again what was refused', async () => {
    const rig = new Rig();
    await rig.join([0]);
    rig.isRefusing = true;
    await rig.source.commit(new Map([[0, 7]]));
    rig.isRefusing = false;
    await rig.source.commit(new Map([[0, 7]]));
    await rig.source.commit(new Map([[0, 7]]));
    expect(rig.commits).toEqual([[[0, 7]]]);
  });
});
