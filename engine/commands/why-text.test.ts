import { describe, expect, it } from 'vitest';
import { countPlan } from '../graph/count-scenario.fixture.ts';
import { type Log, plan } from '../graph/scenario.fixture.ts';
import { upperPlan } from '../graph/upper-scenario.fixture.ts';
import { parseCondition } from '../io/table/condition.ts';
import type { Plan } from '../plan/planner.ts';
import { sourceLogOf } from '../run/source-log.fixture.ts';
import { explain } from '../run/why-explain.ts';
import { questionOf } from '../run/why-plan.ts';
import type { Why } from './why-answer.ts';
import { whyJson } from './why-json.ts';
import { whyText } from './why-text.ts';

const logs: readonly Log[] = [
  [1, 4, 30, 2].map((t) => ({ k: 'a', t, x: 1 })),
  [6, 9].map((t) => ({ k: 'a', t, x: 1 })),
];

const explained = (change: Partial<Why> = {}): Promise<Why> =>
  explainedOf({ plan, table: 'tens', key: ['k=a', 'window=1970-01-01'] }, change);

const counted = (index: number): Promise<Why> => {
  const key = ['k=a', 'partition=0', `window_index=${index}`];
  return explainedOf({ plan: countPlan, table: 'threes', key });
};

async function explainedOf(
  {
    plan,
    table,
    key,
    first = 0,
  }: { plan: Plan; table: string; key: readonly string[]; first?: number },
  change: Partial<Why> = {},
): Promise<Why> {
  const sink = plan.sinks.find(({ input }) => input === table);
  if (sink === undefined) throw new Error('the plan has no such sink');
  const question = questionOf(plan, sink, key.map(parseCondition));
  const explanation = await explain(question, new Map([['readings', sourceLogOf(logs, first)]]));
  return { ...explanation, table, row: null, state: null, ...change };
}

const state = { closedUpToMs: 0, startsAtMs: -Infinity, lateIdle: 0 };

describe('why a row is as it is, for a person', () => {
  it('says which offsets made it, what was late, and what its window waits for', async () => {
    expect(whyText(await explained({ state })).split('\n')).toEqual([
      'tens: k=a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z',
      '  merged 4 records, 1 late (dead-lettered unless they count in other windows)',
      '  partition 0   offsets 0 to 1 (2 merged); late 3 (1)',
      '  partition 1   offsets 0 to 1 (2 merged)',
      '  closes at watermark 1970-01-01T00:00:13Z (end + grace); is open',
      '    partition 0 got there at offset 2 (event time 1970-01-01T00:00:30Z)',
      '    partition 1 is at 1970-01-01T00:00:04Z',
      'the table has no such row',
      '',
    ]);
  });

  it('W4: says where idleness closed the window, and R3 where reading began within it', async () => {
    const closed = { closedUpToMs: 13_000, startsAtMs: 3_000, lateIdle: 2 };
    const text = whyText(await explained({ state: closed }));
    expect(text).toContain(
      'partition 1 is at 1970-01-01T00:00:04Z: it was idle, or the source ended',
    );
    expect(text).toContain('2 records of the stage came when idleness had closed their window');
    expect(text).toContain('the pipeline began to read within it, so it gives no row (R3)');
  });

  it('shows the row that the table has', async () => {
    const columns = [{ name: 'n', type: 'long' as const }];
    const text = whyText(await explained({ row: { columns, cells: [4] } }));
    expect(text).toContain('no snapshot says whether it has');
    expect(text.trimEnd().endsWith('4')).toBe(true);
  });

  it('W7: says whether a window that counts is full', async () => {
    const all = await counted(0);
    expect(whyText(all)).toBe(
      `threes: k=a, window 0 of partition 0
  merged 3 records
  partition 0   offsets 0 to 2 (3 merged)
  full with offset 2
the table has no such row
`,
    );
    expect(whyText(await counted(1))).toContain(
      'has 1 of 3 records: it gives a row when it is full, or at the end of the input',
    );
    expect(JSON.parse(whyJson(all))).toMatchObject({
      window: { stage: 'threes', partition: 0, index: 0, start: null },
    });
  });

  const upper = (change: Partial<Why> = {}): Promise<Why> =>
    explainedOf(
      { plan: upperPlan, table: 'wide', key: ['windows=1', 'window=1970-01-01'] },
      change,
    );

  it('W8: names the rows that a row of a window over windows is made of, with their records', async () => {
    const found = await upper({ state: { ...state, closedUpToMs: 60_000, lateIdle: 1 } });
    expect(whyText(found).split('\n')).toEqual([
      'wide: windows=1, window 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z',
      '  made of 3 rows of slides, of 1 row of tens, of 4 records (and 1 late)',
      '  slides k=a, window 1969-12-31T23:59:40Z to 1970-01-01T00:00:10Z',
      '    tens k=a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z',
      '      partition 0   offsets 0 to 1 (2 merged); late 3 (1)',
      '      partition 1   offsets 0 to 1 (2 merged)',
      '  slides k=a, window 1969-12-31T23:59:50Z to 1970-01-01T00:00:20Z',
      '    tens k=a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z (told above)',
      '  slides k=a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:30Z',
      '    tens k=a, window 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z (told above)',
      '  closes when tens is at watermark 1970-01-01T00:01:05Z (end + the graces down to it); has closed',
      '    partition 0 is at 1970-01-01T00:00:25Z: it was idle, or the source ended',
      '    partition 1 is at 1970-01-01T00:00:04Z: it was idle, or the source ended',
      '    1 record of tens came when idleness had closed their window, which the log does not tell: they may be among those above',
      'the table has no such row; the logs give',
      'windows  window_start          window_end            slides  records  head',
      '-------  --------------------  --------------------  ------  -------  ----',
      '      1  1970-01-01T00:00:00Z  1970-01-01T00:01:00Z       3       12     4',
      '',
    ]);
  });

  it('R3: says where a log begins, and gives no row for windows that began before', async () => {
    const key = ['windows=1', 'window=1970-01-01'];
    const found = await explainedOf({ plan: upperPlan, table: 'wide', key, first: 1 });
    expect(whyText(found).split('\n').slice(1, 4)).toEqual([
      '  no row reaches it',
      '  partition 0   the log begins at 1: what was before is gone',
      '  partition 1   the log begins at 1: what was before is gone',
    ]);
    expect(found.recomputed).toBeNull();
  });

  it('O3: says whether the table has the row that the logs give', async () => {
    const columns = ['slides', 'records'].map((name) => ({ name, type: 'long' as const }));
    const textWith = async (...cells: (number | bigint)[]): Promise<string> =>
      whyText(await upper({ row: { columns, cells } }));
    expect(await textWith(3, 12)).toContain('\nthe logs give the same row\n');
    expect(await textWith(3, 11)).toContain(
      '\nthe logs give another row:\n  records is 11, by the logs 12\n',
    );
    const none = await upper({ row: { columns, cells: [3, 12] }, recomputed: null });
    expect(whyText(none)).toContain('\nthe logs give no such row\n');
    const doubles = [{ name: 'records', type: 'double' as const }];
    const { question } = none;
    const sink = {
      ...question.sink,
      columns: [{ name: 'records', type: 'double' as const, nullable: false, slot: 0 }],
    };
    const nearly = {
      ...none,
      question: { ...question, sink },
      row: { columns: doubles, cells: [1e12 + 0.1] },
      recomputed: [1e12],
    };
    expect(whyText(nearly)).toContain('\nthe logs give the same row\n');
    expect(whyText({ ...nearly, recomputed: [1e12 + 1e5] })).toContain('another row');
  });

  it('W8: is one JSON object for windows over windows, too', async () => {
    const partitions = [
      { source: 'readings', partition: 0, merged: [0, 1], late: [3] },
      { source: 'readings', partition: 1, merged: [0, 1], late: [] },
    ];
    const start = '1970-01-01T00:00:00Z';
    expect(JSON.parse(whyJson(await upper()))).toMatchObject({
      ...{ table: 'wide', key: { windows: 1 }, partitions: [], is_in_table: false },
      made_of: [
        { stage: 'slides', key: { k: 'a' }, made_of: [{ stage: 'tens', partitions }] },
        { window: { start: '1969-12-31T23:59:50Z', end: '1970-01-01T00:00:20Z' } },
        { window: { start }, made_of: [{ window: { start } }] },
      ],
      waits_for: [{ stage: 'tens', watermark: '1970-01-01T00:01:05Z' }],
      recomputed: { windows: 1, window_start: start, slides: 3, records: 12 },
      differences: null,
    });
  });

  it('is one JSON object with --json', async () => {
    expect(JSON.parse(whyJson(await explained({ state })))).toMatchObject({
      ...{ table: 'tens', key: { k: 'a' }, is_in_table: false },
      window: { stage: 'tens', closes_at: '1970-01-01T00:00:13Z', closed: false },
      partitions: [
        { merged: [0, 1], late: [3], closing: { offset: 2, timestamp: null } },
        { merged: [0, 1], late: [], closing: null, watermark: '1970-01-01T00:00:04Z' },
      ],
    });
  });
});
