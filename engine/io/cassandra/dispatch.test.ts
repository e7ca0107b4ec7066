import { errors, types } from 'cassandra-driver';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../errors.ts';
import { Dispatcher } from './dispatch.ts';
import { NewStatement } from './failure.ts';
import type { Group } from './group.ts';
import { Outage } from './outage.ts';

type Rows = Group<string>;

const invalid = new errors.ResponseError(types.responseErrorCodes.invalid, 'refused');
const timeout = new errors.OperationTimedOutError('late');
const unprepared = new errors.ResponseError(types.responseErrorCodes.unprepared, 'who?');
const forgotten: Error = new NewStatement();
const forbidden = new errors.ResponseError(types.responseErrorCodes.unauthorized, 'no right');

const groupOf = (rows: readonly number[], bytes = 10): Rows => ({
  owners: rows.map((row) => `owner of ${row}`),
  rows: [...rows],
  bytes,
  partitions: 1,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(execute: (group: Rows) => Promise<unknown>, checkTable = async () => undefined) {
  const stop = new AbortController();
  const log = {
    delivered: [] as number[],
    refused: [] as number[],
    fatal: [] as EngineError[],
    notices: [] as string[],
  };
  const dispatcher = new Dispatcher<string>(
    {
      execute,
      checkTable,
      onDelivered: ({ rows }) => log.delivered.push(...rows),
      onRefused: ({ rows }) => log.refused.push(...rows),
      onFatal: (error) => {
        log.fatal.push(error);
        stop.abort(error);
      },
      onNotice: (text) => log.notices.push(text),
    },
    new Outage('server'),
    stop.signal,
  );
  return { dispatcher, stop, log };
}

const sorted = (rows: readonly number[]): number[] => [...rows].sort((a, b) => a - b);

describe('sending groups', () => {
  it('delivers or refuses every row exactly once, whatever fails on the way', async () => {
    const plan = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
      bad: fc.uniqueArray(fc.nat(80), { maxLength: 6 }),
      failures: fc.array(fc.constantFrom<Error | null>(null, timeout, unprepared, forgotten), {
        maxLength: 30,
      }),
      checks: fc.array(fc.constantFrom<Error | null>(null, timeout), { maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ sizes, bad, failures, checks }) => {
        const take = async (left: (Error | null)[]): Promise<undefined> => {
          await Promise.resolve();
          const failure = left.shift() ?? null;
          if (failure !== null) throw failure;
        };
        const [writes, looks] = [[...failures], [...checks]];
        const { dispatcher, log } = setUp(
          async ({ rows }) => {
            await take(writes);
            if (rows.some((row) => bad.includes(row))) throw invalid;
          },
          () => take(looks),
        );
        let next = 0;
        dispatcher.enqueue(
          sizes.map((size) => groupOf(Array.from({ length: size }, () => next++))),
        );
        await vi.runAllTimersAsync();
        const all = Array.from({ length: next }, (_, row) => row);
        expect(sorted(log.delivered)).toEqual(all.filter((row) => !bad.includes(row)));
        expect(sorted(log.refused)).toEqual(all.filter((row) => bad.includes(row)));
        expect(log.fatal).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps at most 128 requests and about 1 MiB on their way', async () => {
    let requests = 0;
    let counts: number[] = [];
    const { dispatcher } = setUp(async () => {
      counts.push(++requests);
      await new Promise((resolve) => setImmediate(resolve));
      requests--;
    });
    dispatcher.enqueue(Array.from({ length: 500 }, (_, row) => groupOf([row], 1)));
    await vi.runAllTimersAsync();
    expect(Math.max(...counts)).toBe(128);
    counts = [];
    dispatcher.enqueue(Array.from({ length: 100 }, (_, row) => groupOf([row], 512 * 1024)));
    await vi.runAllTimersAsync();
    expect(Math.max(...counts)).toBe(2);
    // What is done makes room again.
    expect(counts.filter((count) => count === 2).length).toBeGreaterThan(40);
  });

  it('sends a group larger than the budget, alone', async () => {
    const { dispatcher, log } = setUp(() => Promise.resolve());
    dispatcher.enqueue([groupOf([1], 15 * 1024 * 1024), groupOf([2])]);
    await vi.runAllTimersAsync();
    expect(sorted(log.delivered)).toEqual([1, 2]);
  });

  it('stops at the first failure that trying again cannot mend', async () => {
    const { dispatcher, log } = setUp(() => Promise.reject(forbidden));
    dispatcher.enqueue(Array.from({ length: 300 }, (_, row) => groupOf([row])));
    await vi.runAllTimersAsync();
    expect(log.fatal).toHaveLength(1);
    expect(log.fatal[0]?.message).toBe('Cassandra write: no right');
    expect(log.delivered).toEqual([]);
  });

  it('stops when the table no longer fits instead of blaming rows', async () => {
    const misfit = new EngineError('ENG_CASSANDRA_SCHEMA', 'column n: missing');
    for (const failure of [invalid, unprepared, forgotten]) {
      const { dispatcher, log } = setUp(
        () => Promise.reject(failure),
        () => Promise.reject(misfit),
      );
      dispatcher.enqueue([groupOf([1, 2, 3])]);
      await vi.runAllTimersAsync();
      expect(log.fatal).toEqual([misfit]);
      expect(log.refused).toEqual([]);
    }
  });

  it('asks for the table before it sends what was bound to a statement of before', async () => {
    const order: string[] = [];
    const answers: (Error | null)[] = [forgotten, null];
    const { dispatcher, log } = setUp(
      async () => {
        await Promise.resolve();
        order.push('execute');
        const failure = answers.shift() ?? null;
        if (failure !== null) throw failure;
      },
      () => {
        order.push('check');
        return Promise.resolve(undefined);
      },
    );
    dispatcher.enqueue([groupOf([1, 2])]);
    await vi.runAllTimersAsync();
    expect(order).toEqual(['execute', 'check', 'execute']);
    expect(log.delivered).toEqual([1, 2]);
    // A column that somebody has added is no outage.
    expect(log.notices).toEqual([]);
  });

  it('gives up without a word when it is stopped', async () => {
    const { dispatcher, stop, log } = setUp(() => Promise.reject(timeout));
    dispatcher.enqueue([groupOf([1])]);
    await vi.advanceTimersByTimeAsync(3_000);
    stop.abort();
    await vi.runAllTimersAsync();
    expect(log.fatal).toEqual([]);
    expect(log.delivered).toEqual([]);
    expect(log.notices).toEqual([
      'Cassandra server does not take writes (no answer in time); trying again until it does',
    ]);
  });
});
