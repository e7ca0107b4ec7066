/** The event time of a row just scanned, epoch ms (T1), by the source's `event_time`. */
import { type ScanColumns, cellText } from '../engine/core/json/columns.ts';
import { compilePattern } from '../engine/core/time/pattern.ts';
import type { EventTimePlan } from '../engine/plan/planner.ts';

/**
 * Reads event times; `read` gives NaN where there is none, `reason` says why. `open` comes before the
 * rows of each table, whose columns may be new ones.
 */
export interface EventTimeReader {
  open(): void;
  read(row: number, timestamp: number): number;
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
      open: () => undefined,
      read: (_row, timestamp) => timestamp,
      reason: () => 'the record has no broker timestamp; name a column in event_time',
    };
  }
  const field = fieldAt(plan.slot);
  if (plan.kind === 'pattern') return openPattern(plan, columns, field);
  const scale = plan.kind === 'unit' && plan.unit === 's' ? 1000 : 1;
  let values: Float64Array = new Float64Array(0);
  let valid: Uint8Array = new Uint8Array(0);
  return {
    open: () => {
      values = columns.values[field] ?? values;
      valid = columns.valid[field] ?? valid;
    },
    read: (row) => (valid[row] === 0 ? NaN : Math.floor((values[row] as number) * scale)),
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
  return {
    open: () => undefined,
    read: (row) => {
      const start = columns.start[field]?.[row] as number;
      const end = columns.end[field]?.[row] as number;
      if (start >= 0) return pattern.read(columns.bytes, start, end);
      return start === -1 ? NaN : pattern.read(columns.heap, -2 - start, end);
    },
    reason: (row) => {
      const text = cellText(columns, field, row);
      return text === null ? 'the event time is null' : `"${text}" is no time of ${plan.pattern}`;
    },
  };
}
