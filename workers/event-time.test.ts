import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openColumns } from '../engine/core/json/columns.ts';
import { laidOut } from '../engine/core/json/scan.fixture.ts';
import { compileScan } from '../engine/core/json/scan.ts';
import { cases } from '../engine/fuzz.fixture.ts';
import type { EventTimePlan } from '../engine/plan/planner.ts';
import { openEventTime } from './event-time.ts';

const utf8 = new TextEncoder();
const plan: EventTimePlan = {
  kind: 'pattern',
  slot: 0,
  pattern: 'yyyy-MM-dd HH:mm:ss',
  timezone: 'Europe/Paris',
  ambiguous: 'dead_letter',
};

/** A reader of the times of records with `date`, a batch after the other. */
function open(numbered: boolean, of: EventTimePlan = plan) {
  const fields = [
    ...[
      { path: ['date'], type: 'string', required: false, ...(numbered && { numbered }) } as const,
    ],
    ...[{ path: ['t'], type: 'double', required: true } as const],
  ];
  const scan = compileScan({ fields, validate: 'read' });
  const columns = openColumns(fields, 1);
  const times = openEventTime(of, columns, (slot) => slot);
  return (lines: readonly string[]) => {
    const { bytes, records } = laidOut(lines.map((line) => utf8.encode(line)));
    const codes = new Float64Array(lines.length);
    const timestamps = new Float64Array(lines.length).fill(NaN);
    // What no record is read for stays as it is.
    const into = new Float64Array(lines.length).fill(-1);
    scan.open(bytes, columns);
    scan.readAll(records, codes);
    times.readAll({ length: lines.length, codes, timestamps }, into);
    return lines.map((_, row) => ({
      time: into[row],
      reason: codes[row] === 0 && Number.isNaN(into[row]) ? times.reason(row) : null,
      number: columns.numbers[0]?.[row] ?? 0,
    }));
  };
}

const record = (date: string): string => `{"date":${date},"t":1}`;

/** Dates as they stand in JSON: of some days, wrong ones, ones that are not, null and what is no text. */
const dates = [
  ...Array.from({ length: 8 }, (_, n) => `"2024-03-28 10:0${String(n)}:00"`),
  // To the slots of numbers that 10:00 and 10:03 go to.
  ...['"2024-03-28 00:17:16"', '"2024-03-28 08:51:00"'],
  // Twice in a year, or never.
  ...['"2024-10-27 02:30:00"', '"2024-03-31 02:30:00"', '"2024-02-30 10:00:00"'],
  ...['"at noon"', '""', '"2024-03-28 10:00:00 and a long while after that"', '"2024-03-28"'],
  ...[String.raw`"2024-03-28\u002010:00:00"`, String.raw`"at\nnoon"`, String.raw`"\ud800"`],
  ...['null', '5', '"2024-03-28 10:00:00'],
];

describe('event times by a pattern', () => {
  it('are the same with numbers and without, whatever texts come back', () => {
    let again = 0;
    const batches = fc.array(fc.array(fc.nat(dates.length - 1), { maxLength: 40 }), {
      minLength: 2,
      maxLength: 5,
    });
    const options = fc.constantFrom('earlier', 'later', 'dead_letter');
    fc.assert(
      fc.property(batches, options, (all, ambiguous) => {
        const quick = open(true, { ...plan, ambiguous });
        const slow = open(false, { ...plan, ambiguous });
        const known = new Set<number>();
        for (const picks of [[0], ...all]) {
          const lines = picks.map((pick) => record(dates[pick] as string));
          const read = quick(lines);
          const wanted = slow(lines);
          const told = ({ time, reason }: (typeof read)[number]) => ({ time, reason });
          expect(read.map(told)).toEqual(wanted.map(told));
          for (const { number } of read) {
            if (known.has(number)) again++;
            else if (number !== 0) known.add(number);
          }
        }
      }),
      { numRuns: cases({ share: 100, all: 3000 }) },
    );
    expect(again).toBeGreaterThan(50);
  });

  it('are not there for a wrong date, and not when it comes back either', () => {
    const read = open(true);
    read([record('"2024-03-28 10:00:00"')]);
    const lines = ['"at noon"', '"2024-03-28 10:00:00"', '"at noon"', '"2024-10-27 02:30:00"'];
    const time = Date.parse('2024-03-28T09:00:00Z');
    for (let round = 0; round < 3; round++) {
      const rows = read(lines.map(record));
      expect(rows.map((row) => row.time)).toEqual([NaN, time, NaN, NaN]);
      expect(rows[0]?.number).toBe(rows[2]?.number);
      expect(rows[0]?.number).toBeGreaterThan(0);
      expect(rows[2]?.reason).toBe('"at noon" is no time of yyyy-MM-dd HH:mm:ss');
    }
  });
});
