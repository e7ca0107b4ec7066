import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPlan } from '../graph/count-scenario.fixture.ts';
import { type Log, anyLogs, plan } from '../graph/scenario.fixture.ts';
import { jointDedupPlan } from '../graph/joint-dedup-scenario.fixture.ts';
import { parseCondition } from '../io/table/condition.ts';
import { planned } from '../plan/definition.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import { recordsAt } from './log-scan.ts';
import { sourceLogOf } from './source-log.fixture.ts';
import type { WhyPartition } from './why.ts';
import { explain } from './why-explain.ts';
import { questionOf } from './why-plan.ts';

function ask(asked: Plan, sink: string, key: readonly string[], logs: readonly Log[]) {
  const node = asked.sinks.find(({ name }) => name === sink);
  if (node === undefined) throw new Error(`no sink ${sink}`);
  const question = questionOf(asked, node, key.map(parseCondition));
  const sourceLogs = new Map([['readings', sourceLogOf(logs)]]);
  const answer = explain(question, sourceLogs).then(({ partitions }) => partitions.map(split));
  return { question, answer };
}

/** Offsets by what became of them. */
const split = ({ records, closing, deadLetters }: WhyPartition) => ({
  merged: records.filter(({ isLate }) => !isLate).map(({ offset }) => offset),
  late: records.filter(({ isLate }) => isLate).map(({ offset }) => offset),
  ...{ closing: closing?.offset ?? null, deadLetters },
});

const sessions = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  s: { from: readings, window: { session: 10s, max: 60s, grace: 3s }, group_by: [k], aggregate: { n: count() } }
sinks:
  s: { from: s, stdout: json }
`);

/** Of one partition, record by record: W1 to W3. */
function naive(
  log: Log,
  { k, start, size, grace }: { k: string | null; start: number; size: number; grace: number },
): { merged: number[]; late: number[]; closing: number | null } {
  let watermark = -Infinity;
  const found = { merged: [] as number[], late: [] as number[], closing: null as number | null };
  log.forEach((event, offset) => {
    const isIn = event.k === k && event.t >= start && event.t < start + size;
    if (isIn) found[start + size + grace <= watermark ? 'late' : 'merged'].push(offset);
    watermark = Math.max(watermark, event.t - 5);
    if (start + size + grace <= watermark) found.closing ??= offset;
  });
  return found;
}

const keyText = (k: string | null): string => (k === null ? 'k=null' : `k="${k}"`);
const windowText = (start: number): string => `window=${new Date(start * 1000).toISOString()}`;

describe('why a row is as it is', () => {
  it.each([
    { sink: 'tens', size: 10, step: 10, grace: 3 },
    { sink: 'slides', size: 25, step: 10, grace: 0 },
  ])('W1 W2 W3: tells the records of a window of $sink, in 1 to 3 partitions', async (window) => {
    const { sink, size, step, grace } = window;
    await fc.assert(
      fc.asyncProperty(
        anyLogs,
        fc.constantFrom('a', 'null', null),
        fc.integer({ min: -3, max: 12 }),
        async (logs, k, number) => {
          const start = number * step;
          const { answer } = ask(plan, sink, [keyText(k), windowText(start)], logs);
          expect(await answer).toEqual(
            logs.map((log) => ({ ...naive(log, { k, start, size, grace }), deadLetters: 0 })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('W6: tells the records of each session, and where none begins', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, fc.constantFrom('a', 'null', null), async (logs, k) => {
        const records = logs.flatMap((log, partition) => {
          let watermark = -Infinity;
          return log.flatMap((event, offset) => {
            const isLate = event.t + 3 <= watermark;
            watermark = Math.max(watermark, event.t - 5);
            return event.k === k ? [{ partition, offset, t: event.t, isLate }] : [];
          });
        });
        const kept = records.filter(({ isLate }) => !isLate).map(({ t }) => t);
        for (const first of [...new Set(kept)].slice(0, 6)) {
          let last = first;
          const stretch = Math.floor(first / 60) * 60;
          const joins = (t: number): boolean => t > last && t - last < 10 && t < stretch + 60;
          for (let next = kept.find(joins); next !== undefined; next = kept.find(joins))
            last = next;
          const isFirst = !kept.some((t) => t < first && first - t < 10 && t >= stretch);
          const { answer } = ask(sessions, 's', [keyText(k), windowText(first)], logs);
          if (!isFirst) {
            await expect(answer).rejects.toThrow('no session of s begins at');
            continue;
          }
          const end = Math.min(last + 10, stretch + 60);
          const inside = records.filter(({ t }) => t >= first && t < end);
          const of = (partition: number, isLate: boolean): number[] =>
            inside
              .filter((one) => one.partition === partition && one.isLate === isLate)
              .map(({ offset }) => offset);
          expect((await answer).map(({ merged, late }) => ({ merged, late }))).toEqual(
            logs.map((_, p) => ({ merged: of(p, false), late: of(p, true) })),
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('W7: tells the records of a window that counts, by its partition and number', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLogs,
        fc.constantFrom('a', 'null', null),
        fc.nat(2),
        fc.nat(4),
        async (logs, k, partition, index) => {
          const key = [keyText(k), `partition=${partition}`, `window_index=${index}`];
          const { answer } = ask(countPlan, 'count_threes', key, logs);
          const own = logs.map((log) => log.flatMap((event, at) => (event.k === k ? [at] : [])));
          expect((await answer).map(({ merged }) => merged)).toEqual(
            own.map((all, p) => (p === partition ? all.slice(index * 3, index * 3 + 3) : [])),
          );
        },
      ),
      { numRuns: 100 },
    );
    const { answer } = ask(
      countPlan,
      'count_threes',
      ['k=a', 'partition=0', 'window_index=0'],
      [[1, 2, 3].map((t) => ({ k: 'a', t: 100 - t, x: 1 }))],
    );
    expect((await answer)[0]).toEqual({
      merged: [0, 1, 2],
      late: [],
      closing: null,
      deadLetters: 0,
    });
    expect(() => ask(countPlan, 'count_threes', ['k=a', 'partition=0'], [])).toThrow(
      'name the window by its partition and number',
    );
  });

  it('tells the records of a row of records, and reads them again', async () => {
    const logs: Log[] = [
      [
        { k: 'a', t: 1, x: 7 },
        { k: 'b', t: 2, x: 7 },
        { k: 'a', t: 3, x: 1 },
        { k: 'a', t: 4, x: 7 },
      ],
    ];
    const { question, answer } = ask(plan, 'rows', ['k=a', 'x=7'], logs);
    const [only] = await answer;
    expect(only?.merged).toEqual([0, 3]);
    const { port } = sourceLogOf(logs);
    const records = await recordsAt(question.probes[0]!, port, 0, only?.merged ?? []);
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    expect(records.map(({ offset, value }) => [offset, text(value)])).toEqual([
      [0, '{"k":"a","t":1,"x":7}'],
      [3, '{"k":"a","t":4,"x":7}'],
    ]);
  });

  it('leaves out what a stage above has filtered or dropped as a duplicate', async () => {
    const once = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  warm: { from: readings, where: x > 1, set: { y: cast(x * 500000000 as int) } }
  once: { from: warm, dedup: { by: [k, x], within: 1m } }
  tens: { from: once, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() } }
sinks:
  tens: { from: tens, stdout: json }
`);
    const log = [2, 1, 2, 9, 3].map((x, t) => ({ k: 'a', t, x }));
    const { answer } = ask(once, 'tens', ['k=a', 'window_start=1970-01-01'], [log]);
    expect(await answer).toMatchObject([{ merged: [0, 4], late: [], deadLetters: 1 }]);
  });
});

describe('a row that cannot be asked for', () => {
  it.each([
    ['tens', ['k=a'], 'name the window by its window_start'],
    ['tens', ['window=1970-01-01'], 'name its group, too: k=VALUE'],
    ['tens', ['k=a', 'window=1970-01-01T00:00:03Z'], 'begins at 1970-01-01T00:00:00Z'],
    ['tens', ['k>a', 'window=1970-01-01'], 'write k=VALUE'],
    ['tens', ['city=a', 'k=a', 'window=1970-01-01'], 'there is no column "city"'],
    ['rows', [], 'name a row: k=VALUE'],
  ])('%s %j is answered in plain words', (sink, key, message) => {
    expect(() => ask(plan, sink, key, [])).toThrow(message);
  });

  it('O2: is behind a dedup over several sources, which is named', () => {
    expect(() => ask(jointDedupPlan, 'tens', ['k=a', 'window=1970-01-01'], [])).toThrow(
      'both compares records of a and b, and logs are read again one by one',
    );
  });
});
