import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, type Log, anyLogs } from '../graph/scenario.fixture.ts';
import { unionOracle, unionPlan } from '../graph/union-scenario.fixture.ts';
import { upperOracle, upperPlan } from '../graph/upper-scenario.fixture.ts';
import { parseCondition } from '../io/table/condition.ts';
import { planned } from '../plan/definition.fixture.ts';
import type { Plan } from '../plan/planner.ts';
import { sourceLogOf } from './source-log.fixture.ts';
import { type Explanation, type LowerRow, explain } from './why-explain.ts';
import { questionOf } from './why-plan.ts';

type Logs = Readonly<Record<string, readonly Log[]>>;

/** Asks for the row that a text of an oracle is of: sink, key, window_start in seconds, results. */
function ask(plan: Plan, text: string, logs: Logs): Promise<Explanation> {
  const [name = '', ...words] = text.split(' ');
  const sink = plan.sinks.find((each) => each.name === name);
  const node = plan.stages.find((each) => each.name === sink?.input);
  if (sink === undefined || node?.kind !== 'window') throw new Error(`no window ${name}`);
  const keys = node.keys.map((key, at) => `${key.name}=${words[at] ?? ''}`);
  const start = new Date(Number(words[keys.length]) * 1000).toISOString();
  const question = questionOf(plan, sink, [...keys, `window=${start}`].map(parseCondition));
  return explain(
    question,
    new Map(Object.entries(logs).map(([source, own]) => [source, sourceLogOf(own)])),
  );
}

/** The row that was recomputed, in the words of the oracles. */
function recomputed({ question: { sink }, recomputed: cells }: Explanation): string {
  const texts = sink.columns.flatMap(({ name }, at) => {
    const cell = cells?.[at] ?? null;
    if (name === 'window_end') return [];
    if (name === 'window_start') return [String(Number(cell) / 1000)];
    return [at === 0 ? JSON.stringify(cell) : String(cell)];
  });
  return [sink.name, ...texts].join(' ');
}

/** The records that count in rows, by source, partition and offset. */
function recordsOf(rows: readonly LowerRow[], logs: Logs): Map<string, Event> {
  const found = new Map<string, Event>();
  for (const row of rows) {
    for (const [place, event] of recordsOf(row.rows, logs)) found.set(place, event);
    for (const { source, partition, records } of row.partitions) {
      for (const { offset, isLate } of records) {
        const event = logs[source]?.[partition]?.[offset];
        if (event === undefined) throw new Error(`no record ${partition}@${offset}`);
        if (!isLate) found.set(`${source} ${partition}@${offset}`, event);
      }
    }
  }
  return found;
}

const some = <T>(all: readonly T[]): T[] =>
  all.filter((_, at) => at % Math.ceil(all.length / 4) === 0);

/** Texts of the rows of a sink, a few of them. */
const rowsOf = (rows: readonly string[], sink: string): string[] =>
  some(rows.filter((row) => row.startsWith(`${sink} `)));

const last = (text: string, back = 1): number => Number(text.split(' ').at(-back));

describe('why a row of a window over windows is as it is', () => {
  it('W8: tells the rows it is made of and their records, which give its values', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, async (readings) => {
        const logs = { readings };
        for (const row of rowsOf(upperOracle(readings).rows, 'slides')) {
          const found = await ask(upperPlan, row, logs);
          expect(recomputed(found)).toBe(row);
          const totals = found.rows.map((each) =>
            [...recordsOf([each], logs).values()].reduce((sum, { x }) => sum + x, 0),
          );
          // windows, records, most
          expect(found.rows.length).toBe(last(row, 3));
          expect(recordsOf(found.rows, logs).size).toBe(last(row, 2));
          expect(Math.max(...totals) + 1).toBe(last(row));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('W8: goes down through several windows, and names a row once that is in several', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, async (readings) => {
        const logs = { readings };
        for (const row of rowsOf(upperOracle(readings).rows, 'wide')) {
          const found = await ask(upperPlan, row, logs);
          expect(recomputed(found)).toBe(row);
          // slides, records (of each of them), head
          expect(found.rows.length).toBe(last(row, 3));
          const counted = found.rows.map((each) => recordsOf([each], logs).size);
          expect(counted.reduce((sum, size) => sum + size, 0)).toBe(last(row, 2));
          const beneath = found.rows.flatMap(({ rows }) => rows);
          const names = new Set(
            beneath.map(({ window, keys }) => JSON.stringify([window.start, keys])),
          );
          expect(new Set(beneath).size).toBe(names.size);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('tells which records were late for the rows beneath, and when they came out', async () => {
    const readings = [
      [1, 12, 40, 3, 60].map((t) => ({ k: 'a', t, x: 5 })),
      [2, 14].map((t) => ({ k: 'a', t, x: 5 })),
    ];
    const found = await ask(upperPlan, 'slides "a" 0', { readings });
    expect(
      found.rows.map(({ window, partitions }) => [
        window.start / 1000,
        partitions.map(({ records }) =>
          records.map(({ offset, isLate }) => `${offset}${isLate ? ' late' : ''}`),
        ),
      ]),
    ).toEqual([
      [0, [['0', '3 late'], ['0']]],
      [10, [['1'], ['1']]],
    ]);
    // The end of the slide, its grace and that of tens: 35 s.
    expect(found.closings).toMatchObject([
      {
        node: { name: 'tens' },
        watermarkMs: 35_000,
        partitions: [
          { closing: { offset: 2 }, watermark: 55_000 },
          { closing: null, watermark: 9_000 },
        ],
      },
    ]);
  });
});

describe('why a row over several sources is as it is', () => {
  it.each(['wide', 'heads', 'per_item'])(
    'W8: tells the rows of %s, of both windows and sources that it is over',
    async (sink) => {
      await fc.assert(
        fc.asyncProperty(anyLogs, anyLogs, async (a, b) => {
          const logs = { a, b };
          for (const row of rowsOf(unionOracle(logs).rows, sink)) {
            const found = await ask(unionPlan, row, logs);
            expect(recomputed(found)).toBe(row);
            if (sink !== 'wide') continue;
            expect(found.rows.length).toBe(last(row, 2));
            expect(recordsOf(found.rows, logs).size).toBe(last(row));
          }
        }),
        { numRuns: 20 },
      );
    },
  );

  it('W6 W8: tells the sessions that elements are of, each once', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, anyLogs, async (a, b) => {
        const { rows } = unionOracle({ a, b });
        const visits = rows.filter((row) => row.startsWith('visits '));
        for (const row of rowsOf(rows, 'per_item')) {
          const found = await ask(unionPlan, row, { a, b });
          const item = row.split(' ')[1] ?? '';
          const items = found.rows.flatMap(({ window, keys: [k = null] }) => {
            const name = `visits ${JSON.stringify(k)} ${window.start / 1000} `;
            const list = visits
              .find((visit) => visit.startsWith(name))
              ?.split(' ')
              .at(-1);
            return (JSON.parse(list ?? '[]') as number[]).filter((one) => String(one) === item);
          });
          // n, head
          expect(items.length).toBe(last(row, 2));
        }
      }),
      { numRuns: 20 },
    );
    const twins = [[1, 2].map((t) => ({ k: 'a', t, x: 2 }))];
    const found = await ask(unionPlan, 'per_item 2 0', { a: twins, b: [] });
    expect(found.rows.length).toBe(1);
    expect(recomputed(found)).toBe('per_item 2 0 2 a');
  });

  it('T4: tells the records of each source, where the window is over their union', async () => {
    await fc.assert(
      fc.asyncProperty(anyLogs, anyLogs, async (a, b) => {
        const logs: Logs = { a, b };
        for (const row of rowsOf(unionOracle({ a, b }).rows, 'tens')) {
          const { partitions } = await ask(unionPlan, row, logs);
          const xs = partitions.flatMap(({ source, partition, records }) =>
            records
              .filter(({ isLate }) => !isLate)
              .map(({ offset }) => logs[source]?.[partition]?.[offset]?.x ?? NaN),
          );
          // n, total, head, tail
          expect([xs.length, xs.reduce((sum, x) => sum + x, 0)]).toEqual([
            last(row, 4),
            last(row, 3),
          ]);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('sessions and counts over rows of windows', () => {
  const over = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  tens: { from: readings, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count() } }
  runs: { from: tens, window: { session: 15s, max: 60s }, group_by: [k], aggregate: { tens: count() } }
  pairs: { from: tens, window: { count: 2 }, group_by: [k], aggregate: { tens: count() } }
sinks:
  runs: { from: runs, stdout: json }
  pairs: { from: pairs, stdout: json }
`);
  const readings = [[1, 12, 41, 52, 90].map((t) => ({ k: 'a', t, x: 1 }))];
  const asked = (sink: string, ...key: string[]): Promise<Explanation> => {
    const node = over.sinks.find(({ name }) => name === sink);
    if (node === undefined) throw new Error(`no sink ${sink}`);
    const question = questionOf(over, node, key.map(parseCondition));
    return explain(question, new Map([['readings', sourceLogOf(readings)]]));
  };
  const starts = ({ rows }: Explanation): number[] => rows.map(({ window }) => window.start / 1000);

  it('W6: a session ends with the rows that are of it', async () => {
    const found = await asked('runs', 'k=a', 'window=1970-01-01T00:00:09.999Z');
    expect(starts(found)).toEqual([0, 10]);
    expect(found.question.window?.end).toBe(19_999 + 15_000);
    await expect(asked('runs', 'k=a', 'window=1970-01-01T00:00:01Z')).rejects.toThrow(
      'no session of runs begins at 1970-01-01T00:00:01Z: near it are 1970-01-01T00:00:09.999Z',
    );
  });

  it('W7: a window that counts has the rows of its number', async () => {
    const found = await asked('pairs', 'k=a', 'partition=0', 'window_index=1');
    expect(starts(found)).toEqual([40, 50]);
    expect(found.recomputed?.slice(0, 4)).toEqual(['a', 0, 1, 2]);
  });
});
