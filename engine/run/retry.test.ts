import { describe, expect, it } from 'vitest';
import type { KeptLetter } from '../io/dead-letter/kept-letter.ts';
import { planned } from '../plan/definition.fixture.ts';
import { type RetryRules, countedBeside, planRetry } from './retry.ts';

const plan = planned(`
name: t
connections:
  kafka: { brokers: "localhost:9092" }
  cassandra: { contact_points: "localhost:9042", local_data_center: dc, keyspace: k }
sources:
  readings:
    kafka: { topic: readings }
    schema: { k: string!, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
  lines:
    file: lines.ndjson
    schema: { k: string! }
stages:
  first: { from: readings, set: { n: cast(x as int) } }
  other: { from: first, set: { m: cast(n * 1000000 as int) } }
  tens: { from: first, window: { tumbling: 10s }, group_by: [k], aggregate: { total: sum(x) } }
sinks:
  raw: { from: first, cassandra: { table: raw, primary_key: [[k], t] } }
  tens: { from: tens, stdout: json }
  alerts: { from: other, kafka: { topic: alerts } }
  lines: { from: lines, stdout: json }
`);

const letter = (change: Partial<KeptLetter>): KeptLetter => {
  const { partition = 0, offset = 0, stage = 'readings' } = change;
  return {
    ...{ id: JSON.stringify([stage, partition, offset]), code: 'DECODE', reason: 'r' },
    ...{ pipeline: 't', stage, source: 'readings', partition, offset, index: null, timestamp: 1 },
    ...{ file: null, key: null, value: Buffer.from('{}'), ...change },
  };
};

const decide = (
  letters: readonly KeptLetter[],
  force = false,
  change: Partial<RetryRules> = {},
) => {
  const rules = { retried: new Set<string>(), force, readFrom: () => Infinity, ...change };
  const { send, left } = planRetry(plan, letters, rules);
  const sent = [...send].map(([source, some]) => [
    source,
    some.map(({ partition, offset }) => `${partition}@${offset}`),
  ]);
  return { sent, left: [...left.keys()] };
};

describe('dead letters that are sent again', () => {
  it('are those that nothing has counted, in the order of their partitions and offsets', () => {
    const at = (partition: number, offset: number) => letter({ partition, offset });
    const { sent, left } = decide([
      at(1, 3),
      at(0, 9),
      at(0, 2),
      letter({ partition: 1, offset: 1, stage: 'first', code: 'EXPRESSION' }),
    ]);
    expect(sent).toEqual([['readings', ['0@2', '0@9', '1@1', '1@3']]]);
    expect(left).toEqual([]);
  });

  it('are one a record, however many places could not use it, and no row of several unless forced', () => {
    const places = ['tens', 'other'].map((stage) => letter({ stage, code: 'EXPRESSION' }));
    const rows = [0, 1].map((index) =>
      letter({ id: `[${index}]`, stage: 'first', code: 'EXPRESSION', offset: 7, index }),
    );
    expect(decide([...places, ...rows], true)).toEqual({
      sent: [['readings', ['0@0', '0@7']]],
      left: ['are of records that are sent already'],
    });
    const { sent, left } = decide(rows);
    expect(sent).toEqual([]);
    expect(left).toEqual([expect.stringMatching(/^are one of several rows.*--force/)]);
    // Nor later, when only the other of its letters has been sent.
    const retried = new Set(['[1]']);
    expect(decide(rows, true, { retried }).sent).toEqual([]);
  });

  it('are not sent twice', () => {
    const one = letter({ offset: 4 });
    expect(decide([one], true, { retried: new Set([one.id]) })).toEqual({
      sent: [],
      left: ['have been sent again before'],
    });
  });

  it('are not sent where the next run starts over and finds them in the log', () => {
    const readFrom = (_: string, partition: number): number => (partition === 0 ? 5 : 0);
    const letters = [3, 5].map((offset) => letter({ offset }));
    const { sent, left } = decide([...letters, letter({ partition: 1 })], true, { readFrom });
    expect(sent).toEqual([['readings', ['0@3']]]);
    expect(left).toEqual([expect.stringMatching(/^are still in their topic.*--fresh/)]);
  });

  it('would count twice where a stage beside the one that failed has seen them', () => {
    const failed = letter({ stage: 'other', code: 'EXPRESSION' });
    expect(countedBeside(plan, 'readings', 'other')).toEqual(['tens']);
    expect(countedBeside(plan, 'readings', 'tens')).toEqual(['alerts']);
    expect(countedBeside(plan, 'readings', 'first')).toEqual([]);
    const { sent, left } = decide([failed]);
    expect(sent).toEqual([]);
    expect(left).toEqual([
      'failed at other, but have counted in tens, which would count them twice (--force sends them nevertheless)',
    ]);
    expect(decide([failed], true).sent).toEqual([['readings', ['0@0']]]);
  });

  it.each([
    [{ code: 'LATE', stage: 'tens' }, /^are late: .* would be late again/],
    [{ code: 'LATE_IDLE', stage: 'tens' }, /^are late/],
    [{ code: 'REFUSED', stage: 'raw' }, /^are rows that a table refused/],
    [{ partition: -1, offset: -1, code: 'EXPRESSION', source: 'tens' }, /^are rows of windows/],
    [{ value: null }, /^were too large to be kept/],
    [{ source: 'gone' }, /^are of source gone, which the definition does not have/],
    [{ source: 'lines', stage: 'lines' }, /^are lines of files/],
  ])('are never %j, and the reason is said', (change, reason) => {
    const { sent, left } = decide([letter(change)], true);
    expect(sent).toEqual([]);
    expect(left).toHaveLength(1);
    expect(left[0]).toMatch(reason);
  });
});
