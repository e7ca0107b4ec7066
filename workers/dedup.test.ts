import { describe, expect, it } from 'vitest';
import { type Cell, cellOf } from '../engine/core/batch.ts';
import { planned } from '../engine/plan/definition.fixture.ts';
import { SourceProgram } from './program.ts';
import type { SliceReply, Task } from './protocol.ts';

const plan = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    schema: { city: string, t: long!, x: double, unread: string }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  once:
    from: readings
    where: x > 0
    dedup: { by: [city, t], within: 1h }
    set: { twice: x * 2 }
  minutes: { from: once, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
sinks:
  rows: { from: once, where: twice > 4, stdout: {} }
  minutes: { from: minutes, stdout: {} }
  raw: { from: readings, stdout: {} }
`);

function run(lines: readonly string[], change: Partial<Task> = {}): SliceReply {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  const range = { start: 0, length: bytes.length, firstOffset: 50, nextOffset: 50 + lines.length };
  const slices = [{ partition: 3, ...range, maxEventTime: 2000 }];
  const task = { source: 0, buffer: bytes.buffer, slices, marks: [], late: null, ...change };
  return new SourceProgram(plan, 0, 7).run(task).slices[0] as SliceReply;
}

const record = (city: string | null, t: number, x: number): string =>
  JSON.stringify({ city, t, x, unread: 'u' });

const lines = [
  record('Paris', 3, 1),
  record('Paris', 9, 0),
  record(null, 4, 2),
  record('Paris', 3, 5),
];

describe('a dedup in the worker', () => {
  it('O2: sends what passes its where, in order, with exact keys and what is known of the watermark', () => {
    const [table, ...others] = run(lines).dedups ?? [];
    expect(others).toEqual([]);
    expect(table).toMatchObject({ stage: 0, length: 3 });
    expect(Array.from(table?.key ?? [])).toEqual([0, 1, 0]);
    expect(table?.entries.ends.length).toBe(2);
    expect(Array.from(table?.offsets ?? [])).toEqual([50, 52, 53]);
    expect(Array.from(table?.eventTimes ?? [])).toEqual([3000, 4000, 3000]);
    // The record that is filtered moves it all the same (T2).
    expect(Array.from(table?.before ?? [])).toEqual([2000, 9000, 9000]);
    expect(Array.from(table?.timestamps ?? [])).toEqual([NaN, NaN, NaN]);
  });

  it('sends the columns that anything after it reads, and no others', () => {
    const { vectors = [], length = 0 } = run(lines).dedups?.[0] ?? {};
    const rows = Array.from({ length }, (_, row) =>
      vectors.map((vector): Cell => cellOf(vector, row)),
    );
    // city, t, x and unread: the sink of `once` writes them all.
    expect(rows[1]).toEqual([null, 4, 2, 'u']);
  });

  it('does nothing of what follows: no partial tables, no rows of sinks below', () => {
    const reply = run(lines);
    expect(reply.partials).toEqual([]);
    expect(reply.rows.map(({ sink }) => sink)).toEqual([2]);
    // in, filtered, failed, handed over.
    expect(Array.from(reply.counts.subarray(0, 4))).toEqual([4, 1, 0, 3]);
  });

  it('has no part in a slice without records for it, nor in a second reading for late ones', () => {
    expect(run([record('Paris', 1, 0)]).dedups).toBeUndefined();
    expect(run(lines, { late: { stage: 1, closedUpTo: 0 } }).dedups).toBeUndefined();
  });
});

describe('a task that wants letters', () => {
  it('gives those and nothing else, with the bytes of their records', () => {
    const letter = { code: 'LATE', reason: 'late', stage: 'minutes' } as const;
    const reply = run([...lines, 'no JSON'], { wanted: [{ ...letter, offset: 52 }] });
    expect(reply.letters).toMatchObject([
      { ...letter, source: 'readings', partition: 3, offset: 52 },
    ]);
    expect(new TextDecoder().decode(reply.letters[0]?.value)).toBe(lines[2]);
    expect([reply.rows, reply.partials, reply.records]).toEqual([[], [], 0]);
  });
});
