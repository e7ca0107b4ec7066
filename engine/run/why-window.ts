/** The window a row is of: named by a person, or found as a row of windows beneath another. */
import { openAssigner } from '../core/window/assigner.ts';
import type { CountShape } from '../core/window/window.ts';
import { EngineError } from '../errors.ts';
import { type ConditionText, bindCondition } from '../io/table/condition.ts';
import type { WindowNode } from '../plan/planner.ts';
import { identifyingBoundsOf } from '../plan/window-shape.ts';

/** One window of a stage. Instants are epoch ms; infinite where a window has no bounds in time. */
export interface AskedWindow {
  readonly node: WindowNode;
  readonly start: number;
  /** Of a session Infinity, until its records are known (why-session.ts). */
  readonly end: number;
  /** Lateness goes by records, not by the window's end (W6). */
  readonly isSession: boolean;
  /** Of a window that counts records (W7): it takes the `size` records of its number in a partition. */
  readonly counted?: { readonly partition: number; readonly index: number; readonly size: number };
  /** Whether the window takes records of an event time. */
  readonly holds: (eventTime: number) => boolean;
}

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

/** What a window may be named by. */
export const namesOfWindow = ({ shape }: WindowNode): readonly string[] =>
  shape.kind === 'count'
    ? identifyingBoundsOf(shape.kind).map(({ name }) => name)
    : ['window', 'window_start'];

const whole = (node: WindowNode): AskedWindow => ({
  ...{ node, start: -Infinity, end: Infinity, isSession: false, holds: () => true },
});

/**
 * The window that begins at the instant a person wrote, or has the number. Throws EngineError
 * ENG_CLI_USAGE in plain words when there is no such window.
 */
export function windowNamed(node: WindowNode, given: readonly ConditionText[]): AskedWindow {
  const { shape } = node;
  if (shape.kind === 'whole') return whole(node);
  if (shape.kind === 'count') return { ...whole(node), counted: countedOf(shape, given) };
  const text = given[0]?.text;
  if (text === undefined) {
    throw usage('name the window by its window_start, e.g. window=2024-03-28T10:00:00Z');
  }
  const column = { name: 'window', type: 'timestamp' } as const;
  const { value } = bindCondition({ column: 'window', operator: '=', text }, [column]);
  if (value === null) throw usage('a window begins at a time, never at null');
  const start = Number(value);
  const window = windowAt(node, start, Infinity);
  if (window.start === start) return window;
  const before = new Date(window.start).toISOString().replace('.000Z', 'Z');
  throw usage(`no window of ${node.name} begins at ${text}: the one before it begins at ${before}`);
}

/**
 * The window of a stage that begins at an instant, or else the last that begins before it. Sessions
 * begin and end as they are told to.
 */
export function windowAt(node: WindowNode, start: number, end: number): AskedWindow {
  if (node.shape.kind === 'whole' || node.shape.kind === 'count') return whole(node);
  if (node.shape.kind === 'session') {
    const holds = (time: number): boolean => time >= start && time < end;
    return { node, start, end, isSession: true, holds };
  }
  const assigner = openAssigner(node.shape);
  // Of the windows that hold the instant the last begins nearest before it.
  const number = assigner.lastWindowOf(assigner.paneOf(start));
  const holds = (time: number): boolean => {
    const pane = assigner.paneOf(time);
    return assigner.firstWindowOf(pane) <= number && number <= assigner.lastWindowOf(pane);
  };
  const bounds = { start: assigner.windowStart(number), end: assigner.windowEnd(number) };
  return { node, ...bounds, isSession: false, holds };
}

/** The window of a partition and number. */
function countedOf(
  { kind, size }: CountShape,
  given: readonly ConditionText[],
): NonNullable<AskedWindow['counted']> {
  const columns = identifyingBoundsOf(kind);
  const [partition, index] = columns.map(({ name }) => {
    const condition = given.find(({ column }) => column === name);
    const value = condition === undefined ? null : bindCondition(condition, columns).value;
    if (value !== null) return Number(value);
    throw usage('name the window by its partition and number, e.g. partition=0 window_index=12');
  }) as [number, number];
  return { partition, index, size };
}
