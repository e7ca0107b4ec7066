/** Rows that are looked for, of one stage or sink: which of them a row beneath belongs to. */
import { type Cell, type Vector, cellOf } from '../core/batch.ts';
import { type Condition, matches } from '../io/table/condition.ts';
import type { SinkNode } from '../plan/planner.ts';
import type { AskedWindow } from './why-window.ts';

/** A row that is looked for: its window, null for rows of records, and its group. */
export interface Wanted {
  readonly window: AskedWindow | null;
  /** Conditions of a person, or the values of all group columns. */
  readonly group:
    | { readonly kind: 'asked'; readonly conditions: readonly Condition[] }
    | { readonly kind: 'known'; readonly keys: readonly Cell[] };
}

/** Finds the indexes in `wanted` of what a row at an event time belongs to. */
export type FindWanted = (
  vectors: readonly Vector[],
  row: number,
  eventTime: number,
) => readonly number[];

/** Of `columns`, the group columns of the rows that are looked at. A call is O(wanted). */
export function openWanted(wanted: readonly Wanted[], columns: SinkNode['columns']): FindWanted {
  const byKeys = Map.groupBy(wanted.keys(), (at) => {
    const group = wanted[at]?.group;
    return group?.kind === 'known' ? keyText(group.keys) : null;
  });
  const asked = (byKeys.get(null) ?? []).map((at) => ({ at, meets: meeting(wanted[at], columns) }));
  return (vectors, row, eventTime) => {
    const isHeld = (at: number): boolean => wanted[at]?.window?.holds(eventTime) ?? true;
    if (!wanted.some((_, at) => isHeld(at))) return [];
    const keys = columns.map((_, i) => cellOf(vectors[i] as Vector, row));
    const known = byKeys.size > (asked.length > 0 ? 1 : 0) ? byKeys.get(keyText(keys)) : undefined;
    return [
      ...asked.flatMap(({ at, meets }) => (meets(keys) ? [at] : [])),
      ...(known ?? []),
    ].filter(isHeld);
  };
}

/** Whether the values of group columns are those of a row that is looked for. */
export function isOfGroup(
  { group }: Wanted,
  columns: readonly { readonly name: string }[],
  keys: readonly Cell[],
): boolean {
  if (group.kind === 'known') return keyText(group.keys) === keyText(keys);
  return group.conditions.every((condition) => {
    const at = columns.findIndex(({ name }) => name === condition.column);
    return matches(keys[at] ?? null, condition);
  });
}

const meeting =
  (wanted: Wanted | undefined, columns: SinkNode['columns']) =>
  (keys: readonly Cell[]): boolean =>
    wanted !== undefined && isOfGroup(wanted, columns, keys);

/** W9: null, "null" and "" differ, so do 1 and "1"; −0 is 0, NaN is NaN. */
export const keyText = (keys: readonly Cell[]): string =>
  JSON.stringify(keys.map((key) => (typeof key === 'number' ? ['number', String(key)] : key)));
