/** The event time of a row just scanned, epoch ms (T1), by the source's `event_time`. */
import { type ScanColumns, cellText } from '../engine/core/json/columns.ts';
import { TextMemo } from '../engine/core/text-memo.ts';
import { compilePattern } from '../engine/core/time/pattern.ts';
import type { EventTimePlan } from '../engine/plan/planner.ts';

/** Records of a table: `codes` is 0 for those that were read. */
export interface TimedRows {
  readonly length: number;
  readonly codes: Float64Array;
  /** Broker timestamps, epoch ms. */
  readonly timestamps: Float64Array;
}

/** Reads event times, a table at a time. */
export interface EventTimeReader {
  /** Writes the event time of each row that was read to `into`, NaN where there is none. */
  readAll(rows: TimedRows, into: Float64Array): void;
  /** Why there is none. */
  reason(row: number): string;
}

/** Opens the reader for a plan over scan columns; `fieldAt` maps a slot to its scan field. */
export function openEventTime(
  plan: EventTimePlan,
  columns: ScanColumns,
  fieldAt: (slot: number) => number,
): EventTimeReader {
  if (plan.kind === 'broker') {
    return {
      readAll: ({ length, timestamps }, into) => into.set(timestamps.subarray(0, length)),
      reason: () => 'the record has no broker timestamp; name a column in event_time',
    };
  }
  const field = fieldAt(plan.slot);
  if (plan.kind === 'pattern') return openPattern(plan, columns, field);
  const scale = plan.kind === 'unit' && plan.unit === 's' ? 1000 : 1;
  return {
    readAll: ({ length }, into) => {
      const values = columns.values[field] as Float64Array;
      const valid = columns.valid[field] as Uint8Array;
      for (let row = 0; row < length; row++) {
        into[row] = valid[row] === 0 ? NaN : Math.floor((values[row] as number) * scale);
      }
    },
    reason: () => 'the event time is null',
  };
}

function openPattern(
  plan: Extract<EventTimePlan, { kind: 'pattern' }>,
  columns: ScanColumns,
  field: number,
): EventTimeReader {
  const compiled = compilePattern(plan.pattern, plan);
  if ('problem' in compiled) throw new Error(`date pattern ${plan.pattern} was checked before`);
  const { pattern } = compiled;
  const lately = new TextMemo();
  const read = (row: number): number => {
    const start = columns.start[field]?.[row] as number;
    const end = columns.end[field]?.[row] as number;
    if (start >= 0) return pattern.read(columns.bytes, start, end);
    return start === -1 ? NaN : pattern.read(columns.heap, -2 - start, end);
  };
  return {
    readAll: ({ length, codes }, into) => {
      const numbers = columns.numbers[field] as Float64Array;
      const isNumbered = numbers.length > 0;
      for (let row = 0; row < length; row++) {
        if (codes[row] !== 0) continue;
        const number = isNumbered ? (numbers[row] as number) : 0;
        if (lately.has(number)) into[row] = lately.get(number);
        else lately.set(number, (into[row] = read(row)));
      }
    },
    reason: (row) => {
      const text = cellText(columns, field, row);
      return text === null ? 'the event time is null' : `"${text}" is no time of ${plan.pattern}`;
    },
  };
}
