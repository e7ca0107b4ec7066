import { describe, expect, it } from 'vitest';
import type { Reply, Slice, SliceReply, Task } from '../../workers/protocol.ts';
import { EngineError } from '../errors.ts';
import { type Rescue, runTask } from './rescue.ts';

const sliceOf = (firstOffset: number, nextOffset: number): Slice => ({
  ...{ partition: 0, start: 0, length: 0, firstOffset, nextOffset, maxEventTime: 100 },
});

const taskOf = (slice: Slice): Task => ({
  ...{ source: 0, buffer: new ArrayBuffer(0), slices: [slice], marks: [], late: null },
});

/** Every record's event time is ten times its offset. */
const replyOf = ({ buffer, slices }: Task): Reply => ({
  buffer,
  worker: 1,
  dictionaries: [],
  slices: slices.map(({ partition, firstOffset, nextOffset }): SliceReply => {
    const time = { firstEventTime: firstOffset * 10, maxEventTime: (nextOffset - 1) * 10 };
    return {
      ...{
        partition,
        firstOffset,
        nextOffset,
        lastBatch: null,
        tombstones: 0,
        skipped: 0,
        ...time,
      },
      ...{ records: nextOffset - firstOffset, partials: [], rows: [], letters: [] },
      counts: new Float64Array(0),
    };
  }),
});

const failed = new EngineError('ENG_WORKER_FAILED', 'gone');

interface Seen {
  readonly tasks: Slice[];
  readonly replies: Reply[];
}

function rescueOf(run: (task: Task) => Promise<Reply>, change: Partial<Rescue> = {}) {
  const seen: Seen = { tasks: [], replies: [] };
  const rescue: Rescue = {
    ...{ source: 0, name: 'readings' },
    port: {
      reread: async (_partition, first, next) => ({
        buffer: new ArrayBuffer(0),
        slices: [sliceOf(first, next)],
      }),
    },
    pool: {
      workers: 1,
      run: (task) => {
        seen.tasks.push(...task.slices);
        return run(task);
      },
      close: () => Promise.resolve(),
    },
    onReply: (reply) => seen.replies.push(reply),
    ...change,
  };
  return { rescue, seen };
}

const offsetsOf = (slices: readonly Pick<Slice, 'firstOffset' | 'nextOffset'>[]): number[][] =>
  slices.map(({ firstOffset, nextOffset }) => [firstOffset, nextOffset]);

describe('runTask', () => {
  it('reads and runs again what a worker lost', async () => {
    let runs = 0;
    const { rescue, seen } = rescueOf(async (task) => {
      if (runs++ === 0) throw failed;
      return replyOf(task);
    });
    const { replies } = await runTask(taskOf(sliceOf(0, 8)), rescue);
    expect(offsetsOf(replies.flatMap(({ slices }) => slices))).toEqual([[0, 8]]);
    expect(seen.replies).toEqual(replies);
  });

  it('halves down to the record that nothing survives, which becomes a dead letter', async () => {
    const { rescue, seen } = rescueOf(async (task) => {
      if (task.slices.some(({ firstOffset, nextOffset }) => firstOffset <= 5 && nextOffset > 5)) {
        throw failed;
      }
      return replyOf(task);
    });
    const { replies } = await runTask(taskOf(sliceOf(0, 8)), rescue);
    const slices = replies.flatMap((reply) => reply.slices);
    expect(offsetsOf(slices)).toEqual([
      [0, 4],
      [4, 5],
      [5, 6],
      [6, 8],
    ]);
    expect(slices.flatMap(({ letters }) => letters)).toMatchObject([{ code: 'WORKER', offset: 5 }]);
    // The poisoned record's reply comes from no worker.
    expect(seen.replies).toHaveLength(3);
  });

  it('keeps the bytes of a record that kills whoever does more than copy them', async () => {
    const value = new TextEncoder().encode('{"x":');
    const { rescue } = rescueOf(async (task) => {
      if (task.wanted === undefined) throw failed;
      const reply = replyOf(task);
      const letters = task.wanted.map((each) => ({
        ...each,
        ...{ source: 'readings', partition: 0, timestamp: 7, key: null, value },
      }));
      return { ...reply, slices: reply.slices.map((slice) => ({ ...slice, letters })) };
    });
    const { replies } = await runTask(taskOf(sliceOf(5, 6)), rescue);
    expect(replies.flatMap(({ slices }) => slices[0]?.letters)).toMatchObject([
      { code: 'WORKER', stage: 'readings', reason: 'gone', offset: 5, timestamp: 7, value },
    ]);
  });

  it('W2: the second half knows the greatest event time of the first', async () => {
    let runs = 0;
    const { rescue, seen } = rescueOf(async (task) => {
      if (runs++ < 2) throw failed;
      return replyOf(task);
    });
    await runTask(taskOf(sliceOf(20, 40)), rescue);
    expect(seen.tasks.map(({ maxEventTime }) => maxEventTime)).toEqual([100, 100, 100, 290]);
  });

  it('fails when the records cannot be read again: none of them is to blame', async () => {
    const unreachable = new EngineError('ENG_KAFKA_CONNECT', 'no broker answers');
    const { rescue } = rescueOf(() => Promise.reject(failed), {
      port: { reread: () => Promise.reject(unreachable) },
    });
    await expect(runTask(taskOf(sliceOf(0, 8)), rescue)).rejects.toBe(unreachable);
  });

  it('fails with what is no failure of a worker', async () => {
    const stopped = new EngineError('ENG_RUN_STOPPED', 'the pool is closed');
    const { rescue, seen } = rescueOf(() => Promise.reject(stopped));
    await expect(runTask(taskOf(sliceOf(0, 8)), rescue)).rejects.toBe(stopped);
    expect(seen.tasks).toHaveLength(1);
  });
});
