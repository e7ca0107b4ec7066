/**
 * What kafkajs does on a real broker that a source must not suffer from: one test a fact, each by way
 * of the source's port.
 */
import type { Consumer } from 'kafkajs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  asAdmin,
  deleteBefore,
  fill,
  freshName,
  pause,
  stockKafka,
  valuesOf,
} from './broker.fixture.ts';
import { PositionBook } from './position-book.ts';
import { Reader, endsOf, topicWith, undo, undoAll } from './reader.fixture.ts';
import { privateKafkajs } from './seams.ts';

afterEach(async () => {
  vi.restoreAllMocks();
  await undoAll();
});

const RECORDS = valuesOf([300, 200]);
const MORE = valuesOf([100, 100], 'more');
const ALL = new Map(
  [...RECORDS].map(([partition, values]) => [
    partition,
    [...values, ...(MORE.get(partition) ?? [])],
  ]),
);

/** What the group has stored, by partition; −1 is nothing. */
async function committed(groupId: string, topic: string): Promise<Map<number, number>> {
  const [found] = await asAdmin((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  return new Map(
    (found?.partitions ?? [])
      .map(({ partition, offset }) => [partition, Number(offset)] as const)
      .sort(([a], [b]) => a - b),
  );
}

const offsets = (...each: readonly number[]): Map<number, number> => new Map(each.entries());

/** Joins the group as somebody else and says when it has partitions, each time. */
async function stranger(
  groupId: string,
  topic: string,
  onAssigned: (assigned: readonly number[]) => void = () => undefined,
): Promise<Consumer> {
  const other = stockKafka().consumer({ groupId });
  undo.push(() => other.disconnect());
  other.on(other.events.GROUP_JOIN, ({ payload }) =>
    onAssigned(payload.memberAssignment[topic] ?? []),
  );
  await other.connect();
  await other.subscribe({ topics: [topic] });
  await other.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
  return other;
}

describe('a handler of kafkajs that throws a TypeError or the like ends its consumer for good', () => {
  it.each([TypeError, RangeError, ReferenceError, SyntaxError])(
    '%o before the records are taken: joined anew, nothing is missing or comes twice',
    async (Kind) => {
      const topic = await topicWith(RECORDS, { perBatch: 50 });
      const reader = new Reader(topic).open();
      await reader.untilAt(endsOf(RECORDS));
      vi.spyOn(PositionBook.prototype, 'take').mockImplementationOnce(() => {
        throw new Kind('tripped');
      });
      await fill(topic, { records: MORE });
      await reader.untilAt(endsOf(ALL));
      expect(reader.records()).toEqual(ALL);
      expect(reader.notices.join()).toContain('broke off: tripped; joining anew');
    },
  );

  it('in kafkajs itself, behind the records: they have been handed on, and come once', async () => {
    const topic = await topicWith(RECORDS, { perBatch: 50 });
    const { prototype } = privateKafkajs().modules.get('src/consumer/offsetManager/index.js') as {
      prototype: { resolveOffset: () => void };
    };
    const reader = new Reader(topic).open();
    await reader.untilAt(endsOf(RECORDS));
    vi.spyOn(prototype, 'resolveOffset').mockImplementationOnce(() => {
      throw new TypeError('cannot read resolved offsets');
    });
    await fill(topic, { records: MORE });
    await reader.untilAt(endsOf(ALL));
    expect(reader.records()).toEqual(ALL);
    expect(reader.notices.join()).toContain('cannot read resolved offsets; joining anew');
  });

  it('again and again: the source fails, and says that it is a bug', async () => {
    const topic = await topicWith(RECORDS);
    const take = vi.spyOn(PositionBook.prototype, 'take').mockImplementation(() => {
      throw new RangeError('out of bounds');
    });
    const reader = new Reader(topic).open();
    const error = await reader.untilError(60_000);
    expect(error).toMatchObject({ code: 'ENG_INVARIANT' });
    expect(error.message).toBe(`engine bug: reading topic ${topic}: out of bounds`);
    expect(reader.notices.filter((text) => text.includes('joining anew'))).toHaveLength(3);
    expect(take).toHaveBeenCalledTimes(4);
  });
});

describe('commits', () => {
  it('of a stop that has begun are stored: kafkajs would forget them without a word', async () => {
    const topic = await topicWith(RECORDS);
    for (const committing of ['before', 'behind'] as const) {
      const group = freshName('group');
      const reader = new Reader(topic, { group }).open();
      await reader.untilAt(endsOf(RECORDS));
      const early = committing === 'before' ? reader.port.commit(offsets(30, 20)) : null;
      const closed = reader.close();
      await (early ?? reader.port.commit(offsets(30, 20)));
      await closed;
      expect(await committed(group, topic)).toEqual(offsets(30, 20));
      expect(reader.notices).toEqual([]);
    }
  });

  it('R4: are made by nobody but us: seeking and rebalancing store nothing', async () => {
    const topic = await topicWith(RECORDS);
    const group = freshName('group');
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(endsOf(RECORDS));
    // Each joining seeks to our own positions.
    const other = await stranger(group, topic);
    await reader.until(() => reader.notices.some((text) => text.includes('waiting until it')));
    await other.disconnect();
    await reader.until(() => reader.notices.some((text) => text.includes('ours again')));
    await fill(topic, { records: MORE });
    await reader.untilAt(endsOf(ALL));
    expect(await committed(group, topic)).toEqual(offsets(-1, -1));
    await reader.port.commit(offsets(40, 50));
    expect(await committed(group, topic)).toEqual(offsets(40, 50));
    expect(reader.records()).toEqual(ALL);
  });

  it('R8: of a partition that another member holds by now are not made, nor made late', async () => {
    const topic = await topicWith(RECORDS);
    const group = freshName('group');
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(endsOf(RECORDS));
    let theirs: readonly number[] = [];
    let step = 0;
    const commits: Promise<void>[] = [];
    // All the time, so that some meet the rebalance.
    const timer = setInterval(() => {
      step++;
      commits.push(reader.port.commit(offsets(1_000 + step, 1_000 + step)));
    }, 10);
    undo.push(() => {
      clearInterval(timer);
      return Promise.all(commits);
    });
    const other = await stranger(group, topic, (assigned) => (theirs = assigned));
    await reader.until(() => reader.notices.some((text) => text.includes('waiting until it')));
    // Either may hear of it first; and the group may deal the partitions out once more.
    await reader.until(() => theirs.length > 0);
    let found = new Map<number, number>();
    let met = 0;
    for (let own: readonly number[] = []; own !== theirs || isMissing(found, theirs);) {
      own = theirs;
      await other.commitOffsets(own.map((partition) => ({ topic, partition, offset: '150' })));
      met = step;
      await reader.until(() => step > met + 100);
      found = await committed(group, topic);
    }
    clearInterval(timer);
    await Promise.all(commits);
    expect(theirs).toHaveLength(1);
    found = await committed(group, topic);
    for (const [partition, offset] of found) {
      if (theirs.includes(partition)) expect(offset).toBe(150);
      else expect(offset).toBeGreaterThan(1_000 + met);
    }
  });
});

const isMissing = (found: ReadonlyMap<number, number>, of: readonly number[]): boolean =>
  of.some((partition) => found.get(partition) === -1);

describe('an offset that the log no longer has: kafkajs would reset and commit in silence', () => {
  it('R4: is an error that names it, and stores nothing as read', async () => {
    const topic = await topicWith(RECORDS, { perBatch: 1 });
    const group = freshName('group');
    const reader = new Reader(topic, { group }).open();
    await reader.untilAt(endsOf(RECORDS));
    reader.port.pause([1]);
    await fill(topic, { records: MORE, perBatch: 1 });
    await reader.untilAt(offsets(400, 200));
    await deleteBefore(topic, 1, 250);
    reader.port.resume([1]);
    const error = await reader.untilError();
    expect(error).toMatchObject({ code: 'ENG_SOURCE_GAP' });
    expect(error.message).toContain('before offset 200, the log now begins at 250: 50 records');
    await pause(200);
    expect(reader.next).toEqual(offsets(400, 200));
    for (const offset of (await committed(group, topic)).values()) expect(offset).toBeLessThan(0);
  });

  it('R4: is left behind when told to, to the record', async () => {
    const topic = await topicWith(RECORDS, { perBatch: 1 });
    const group = freshName('group');
    const reader = new Reader(topic, { group }, { onDataLoss: 'skip' }).open();
    await reader.untilAt(endsOf(RECORDS));
    reader.port.pause([1]);
    await fill(topic, { records: MORE, perBatch: 1 });
    await deleteBefore(topic, 1, 250);
    // What comes next is not what was read last: the reader is not to expect it.
    reader.next.delete(1);
    reader.port.resume([1]);
    await reader.untilAt(endsOf(ALL));
    expect(reader.notices.join()).toContain('50 records are gone');
    const [of0, of1] = [ALL.get(0) ?? [], ALL.get(1) ?? []];
    const read = [...of1.slice(0, 200), ...of1.slice(250)];
    expect(reader.records()).toEqual(
      new Map([
        [0, of0],
        [1, read],
      ]),
    );
    const told = reader.events.flatMap((event) =>
      event.kind === 'partitions' ? [[...(event.starts ?? [])]] : [],
    );
    expect(told).toEqual([
      [
        [0, 0],
        [1, 0],
      ],
      [[1, 250]],
    ]);
  });
});
