import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Task } from '../../workers/protocol.ts';
import { frameOf, plan } from '../graph/scenario.fixture.ts';
import type { PoolPort } from '../graph/ports.ts';
import { type StartedPool, type ThreadOptions, startPool } from './pool.ts';
import { BEHAVIOUR } from './thread.fixture.ts';

const threadFile = fileURLToPath(new URL('./thread.fixture.ts', import.meta.url));
const taskOf = (source: number): Task => ({
  ...{ source, buffer: new ArrayBuffer(8), slices: [], marks: [], late: null },
});

const pools: StartedPool[] = [];
function start(options: ThreadOptions = {}): StartedPool {
  const pool = startPool({ threadFile, ...options });
  pools.push(pool);
  return pool;
}
const open = (options?: ThreadOptions, program: unknown = 'sound'): Promise<PoolPort> =>
  start(options).open({ program, workers: 2 });
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

const failed = (message: RegExp) => ({
  code: 'ENG_WORKER_FAILED',
  message: expect.stringMatching(message) as string,
});

/** Both threads answer, whatever was before. */
async function expectSound(pool: PoolPort): Promise<void> {
  const replies = Array.from({ length: 20 }, () => pool.run(taskOf(BEHAVIOUR.answer)));
  for (const { slices } of await Promise.all(replies)) expect(slices).toEqual([]);
}

describe('the pool', () => {
  it('runs the program of a plan and moves the bytes both ways', async () => {
    const started = startPool();
    pools.push(started);
    const pool = await started.open({ program: plan, workers: 2 });
    const events = [
      { k: 'a', t: 3, x: 7 },
      { k: 'b', t: 4, x: 1 },
    ];
    const { buffer, slices } = frameOf([{ partition: 0, first: 5, events }]);
    const task = {
      ...{ source: 0, buffer, marks: [], late: null },
      slices: slices.map((slice) => ({ ...slice, maxEventTime: -Infinity })),
    };
    const reply = await pool.run(task);
    const { byteLength } = frameOf([{ partition: 0, first: 5, events }]).buffer;
    expect([buffer.byteLength, reply.buffer.byteLength]).toEqual([0, byteLength]);
    expect(reply.slices).toMatchObject([{ firstOffset: 5, nextOffset: 7, records: 2 }]);
    expect(reply.slices[0]?.partials[0]?.key).toEqual(Int32Array.of(0, 1));
    expect(reply.worker).toBeGreaterThan(0);
  });

  it('does not open when a thread cannot start', async () => {
    await expect(open({}, 'broken')).rejects.toMatchObject(failed(/does not compile/));
    const missing = threadFile.replace('thread.fixture', 'no-such-thread');
    const early = start({ threadFile: missing });
    await expect(open({ threadFile: missing })).rejects.toMatchObject(failed(/no-such-thread/));
    // By now the thread of this one has long failed, too.
    const late = early.open({ program: 'sound', workers: 2 });
    await expect(late).rejects.toMatchObject(failed(/no-such-thread/));
  });

  it('opens with the first thread, and the others join', async () => {
    const pool = await open();
    const seen = new Set<number>();
    while (seen.size < 2) {
      const both = [pool.run(taskOf(BEHAVIOUR.answer)), pool.run(taskOf(BEHAVIOUR.answer))];
      for (const { worker } of await Promise.all(both)) seen.add(worker);
    }
  });

  it('may be closed twice at once, and leaves no thread behind', async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): void => void threads.push(thread);
    process.on('worker', note);
    const pool = start();
    const port = await pool.open({ program: 'sound', workers: 2 });
    await expectSound(port);
    await Promise.all([pool.close(), port.close(), pool.close()]);
    // What takes the place of a thread that has crashed starts at once.
    await new Promise(setImmediate);
    process.off('worker', note);
    expect(threads).toHaveLength(2);
    // Of threads that have ended.
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('closed before there is a program, or while it is compiled, does not open', async () => {
    const pool = start();
    const opening = pool.open({ program: 'sound', workers: 2 });
    const stopped = { code: 'ENG_RUN_STOPPED' };
    const ends = expect(opening).rejects.toMatchObject(stopped);
    await pool.close();
    await ends;
    await expect(pool.open({ program: 'sound', workers: 2 })).rejects.toMatchObject(stopped);
  });

  it.each([
    ['throws', BEHAVIOUR.throw, /on purpose/],
    ['exits', BEHAVIOUR.exit, /exited with code: 3/],
    ['exceeds its memory', BEHAVIOUR.fill, /memory/],
    ['does not answer in time', BEHAVIOUR.hang, /no answer within 2 s/],
  ])('a thread that %s fails only its task', async (_what, behaviour, message) => {
    const pool = await open({
      heapMb: 32,
      deadlineMs: behaviour === BEHAVIOUR.hang ? 2000 : 20_000,
    });
    await expect(pool.run(taskOf(behaviour))).rejects.toMatchObject(failed(message));
    await expectSound(pool);
    const again = [pool.run(taskOf(behaviour)), pool.run(taskOf(behaviour))];
    await Promise.all(again.map((task) => expect(task).rejects.toMatchObject(failed(message))));
    await expectSound(pool);
  });

  it('closed while tasks are under way, rejects them: no record is to blame', async () => {
    const pool = await open();
    const tasks = Array.from({ length: 5 }, () => pool.run(taskOf(BEHAVIOUR.hang)));
    const stopped = { code: 'ENG_RUN_STOPPED' };
    const ends = tasks.map((task) => expect(task).rejects.toMatchObject(stopped));
    await pool.close();
    await Promise.all(ends);
    await expect(pool.run(taskOf(BEHAVIOUR.answer))).rejects.toMatchObject(stopped);
    await pool.close();
  });

  it('takes it for a bug when far too many tasks wait', async () => {
    const pool = await open();
    const tasks = Array.from({ length: 1200 }, () => pool.run(taskOf(BEHAVIOUR.hang)));
    const results = Promise.allSettled(tasks);
    await expect(tasks.at(-1)).rejects.toMatchObject({ code: 'ENG_INVARIANT' });
    await pool.close();
    await results;
  });
});
