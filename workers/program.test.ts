import { describe, expect, it } from 'vitest';
import type { Plan } from '../engine/plan/planner.ts';
import { planned } from '../engine/plan/definition.fixture.ts';
import { cellOf } from '../engine/core/batch.ts';
import { SourceProgram } from './program.ts';
import type { Slice, SliceReply, Task } from './protocol.ts';

const definition = `
name: t
timezone: Europe/Paris
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { city: string, date: string!, temperature: double!, level: string }
    event_time: { column: date, pattern: "yyyy-MM-dd HH:mm:ss" }
    watermark: { out_of_order: 10s }
stages:
  warm:
    from: readings
    where: temperature > 0
    set:
      doubled: temperature * 2
      number: cast(level as int)
  minutes:
    from: warm
    window: { tumbling: 1m }
    group_by: [city]
    aggregate: { n: count(), highest: max(doubled) }
    late: dead_letter
sinks:
  rows: { from: warm, stdout: json }
  windows: { from: minutes, stdout: json }
`;
const plan: Plan = planned(definition);

const record = (city: string | null, time: string, temperature: unknown, level?: string): string =>
  JSON.stringify({ city, date: `2024-03-28 ${time}`, temperature, level });

function run(
  lines: readonly string[],
  slice: Partial<Slice> = {},
  late: Task['late'] = null,
  program = new SourceProgram(plan, 0, 7),
): { reply: SliceReply; keys: string[] } {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  const reply = program.run({
    source: 0,
    buffer: bytes.buffer,
    slices: [
      {
        partition: 3,
        start: 0,
        length: bytes.length,
        firstOffset: 100,
        nextOffset: 100 + lines.length,
        maxEventTime: -Infinity,
        ...slice,
      },
    ],
    marks: [],
    late,
  });
  const { delta } = reply.dictionaries[0] as (typeof reply.dictionaries)[number];
  const keys = Array.from(delta.ends, (end, i) =>
    new TextDecoder().decode(delta.bytes.slice(i === 0 ? 0 : delta.ends[i - 1], end)),
  );
  return { reply: reply.slices[0] as SliceReply, keys };
}

const at = (time: string): number => Date.parse(`2024-03-28T${time}+01:00`);

describe('SourceProgram', () => {
  it('R10: takes the envelope from the lines of an archive, and where they have none from their place', () => {
    const archive = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { n: int!, _partition: int, _offset: long, _timestamp: timestamp }
stages:
  all: { from: readings, window: { whole: true }, aggregate: { n: count() } }
sinks:
  rows: { from: readings, stdout: json }
  sums: { from: all, stdout: json }
`);
    const lines = [
      '{"n":1,"_partition":9,"_offset":7000,"_timestamp":"2024-03-28T22:20:19.000Z"}',
      '{"n":2}',
      '{"n":3,"_timestamp":"1970-01-01T00:00:00.005Z"}',
    ];
    const { reply } = run(lines, {}, null, new SourceProgram(archive, 0, 1));
    const { vectors, length } = reply.rows[0]!.batch;
    const rows = Array.from({ length }, (_, row) => vectors.map((vector) => cellOf(vector, row)));
    // The second has no time of its own, and nothing else says what it is.
    expect(rows).toEqual([
      [1, 9, 7000, Date.parse('2024-03-28T22:20:19Z')],
      [3, 3, 102, 5],
    ]);
    expect(reply.letters.map(({ code, offset }) => `${code} ${offset}`)).toEqual([
      'EVENT_TIME 101',
    ]);
    expect(reply.maxEventTime).toBe(Date.parse('2024-03-28T22:20:19Z'));
  });

  it('filters, computes, aggregates by key and pane, and gathers rows for sinks', () => {
    const { reply, keys } = run([
      record('Paris', '12:00:01', 5),
      record('Lille', '12:00:02', -3),
      record('Paris', '12:00:03', 7),
      record('Lille', '12:01:00', 1),
    ]);
    expect(reply).toMatchObject({
      partition: 3,
      firstOffset: 100,
      nextOffset: 104,
      records: 4,
      tombstones: 0,
      maxEventTime: at('12:01:00'),
      firstEventTime: at('12:00:01'),
      letters: [],
    });
    expect(keys).toEqual(['Paris', 'Lille']);
    const [table] = reply.partials;
    expect(Array.from(table?.key ?? [])).toEqual([0, 1]);
    expect(Array.from(table?.count ?? [])).toEqual([2, 1]);
    expect(Array.from(table?.pane ?? [], (pane) => pane * 60_000)).toEqual([
      at('12:00:00'),
      at('12:01:00'),
    ]);
    const [rows] = reply.rows;
    const columns = plan.sinks[0]?.columns.map(({ name }) => name) ?? [];
    const doubled = rows?.batch.vectors[columns.indexOf('doubled')];
    expect(doubled && [0, 1, 2].map((row) => cellOf(doubled, row))).toEqual([10, 14, 2]);
    expect(rows?.batch.origin).toMatchObject({ source: 'readings', partition: 3 });
    expect(rows?.batch.origin.kind === 'records' && Array.from(rows.batch.origin.offsets)).toEqual([
      100, 102, 103,
    ]);
    const [into, filtered, failed, out] = reply.counts;
    expect([into, filtered, failed, out]).toEqual([4, 1, 0, 3]);
  });

  it('T2: records that are filtered move the watermark, records that fail do not', () => {
    const { reply } = run([
      record('Paris', '12:00:00', 5),
      record('Paris', '12:05:00', -1),
      record('Paris', '12:09:00', 'warm'),
    ]);
    expect(reply.maxEventTime).toBe(at('12:05:00'));
    expect(reply.letters).toMatchObject([{ code: 'SCHEMA', offset: 102, partition: 3 }]);
  });

  it('turns what it cannot use into letters with the raw bytes, and goes on', () => {
    const lines = [
      'no JSON',
      '{"city":"Paris"}',
      record('Paris', '12:00:00', 5, 'four'),
      record('Paris', '25:00:00', 5),
      record('Paris', '12:00:00', 5, '4'),
    ];
    const { reply } = run(lines);
    expect(
      reply.letters.map(({ code, offset, stage, value }) => [
        code,
        offset,
        stage,
        new TextDecoder().decode(value),
      ]),
    ).toEqual([
      ['DECODE', 100, 'readings', lines[0]],
      ['SCHEMA', 101, 'readings', lines[1]],
      ['EVENT_TIME', 103, 'readings', lines[3]],
      ['EXPRESSION', 102, 'warm', lines[2]],
    ]);
    expect(reply.rows[0]?.batch.length).toBe(1);
  });

  it('W2: a record is late by the running maximum before it, within the slice and before it', () => {
    const lines = [
      record('Paris', '12:00:00', 1),
      record('Paris', '12:01:11', 2),
      record('Paris', '12:00:30', 3),
    ];
    const inside = run(lines).reply;
    expect(inside.letters).toMatchObject([{ code: 'LATE', offset: 102, stage: 'minutes' }]);
    expect(Array.from(inside.partials[0]?.skip ?? [])).toEqual([0, 0, 1]);
    const before = run(lines.slice(0, 1), { maxEventTime: at('12:01:10') }).reply;
    expect(before.letters).toMatchObject([{ code: 'LATE', offset: 100 }]);
  });

  it('W2: the very first instant at which end + grace is passed makes late, not one before', () => {
    const one = [record('Paris', '12:00:59', 1)];
    expect(run(one, { maxEventTime: at('12:01:10') - 1 }).reply.letters).toEqual([]);
    expect(run(one, { maxEventTime: at('12:01:10') }).reply.letters).toHaveLength(1);
  });

  it('W4: on a second reading gives only late records of the stage, told apart by cause', () => {
    const lines = [
      record('Paris', '12:00:00', 1),
      'no JSON',
      record('Paris', '12:03:00', 1),
      record('Paris', '12:01:00', 1),
    ];
    const { reply } = run(lines, {}, { stage: 1, closedUpTo: at('12:01:00') });
    expect(reply.letters.map(({ code, offset }) => [code, offset])).toEqual([
      ['LATE_IDLE', 100],
      ['LATE', 103],
    ]);
    expect(reply.partials).toEqual([]);
    expect(reply.rows).toEqual([]);
  });

  it('sends dictionary entries again until they are acknowledged', () => {
    const program = new SourceProgram(plan, 0, 7);
    const lines = [record('Paris', '12:00:00', 1), record(null, '12:00:00', 1)];
    expect(run(lines, {}, null, program).keys).toHaveLength(2);
    expect(run(lines, {}, null, program).keys).toHaveLength(2);
    const bytes = new TextEncoder().encode(`${record('Lille', '12:00:00', 1)}\n`);
    const slice = { partition: 0, start: 0, length: bytes.length, firstOffset: 0, nextOffset: 1 };
    const reply = program.run({
      source: 0,
      buffer: bytes.buffer,
      slices: [{ ...slice, maxEventTime: -Infinity }],
      marks: [{ worker: 7, stage: 1, generation: 0, known: 2, forget: false }],
      late: null,
    });
    expect(reply.dictionaries[0]?.delta).toMatchObject({ base: 2, generation: 0 });
    expect(new TextDecoder().decode(reply.dictionaries[0]?.delta.bytes)).toBe('Lille');
  });

  it('keeps nothing of one slice for the next', () => {
    const program = new SourceProgram(plan, 0, 7);
    const long = run(
      [record('Paris', '12:00:00', 1), record('Lille', '12:00:00', 2)],
      {},
      null,
      program,
    );
    const short = run([record('Paris', '12:00:00', 5)], {}, null, program).reply;
    expect(long.reply.rows[0]?.batch.length).toBe(2);
    expect(short.rows[0]?.batch.length).toBe(1);
    expect(Array.from(short.partials[0]?.count ?? [])).toEqual([1]);
  });
});
