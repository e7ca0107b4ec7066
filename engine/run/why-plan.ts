/** What is asked by `engine why`, as a plan that reads a log and writes to nothing. */
import { openAssigner } from '../core/window/assigner.ts';
import type { CountShape } from '../core/window/window.ts';
import { EngineError } from '../errors.ts';
import { type Condition, type ConditionText, bindCondition } from '../io/table/condition.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
import { withCarries } from '../plan/carried.ts';
import type { Plan, RecordNode, SinkNode, UnionInput, WindowNode } from '../plan/planner.ts';
import { inputsOf } from '../plan/union.ts';
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

/** A row that is asked for. */
export interface Question {
  readonly sink: SinkNode;
  /** Null for rows of records. */
  readonly window: AskedWindow | null;
  /** On the columns of the probe `reach`, in the order of `columns`. */
  readonly conditions: readonly Condition[];
  /**
   * A plan for each source that feeds the window or the sink: the source, the stages between, and two
   * probes: `every` record that moves the watermark (T2), and those that `reach` the window or the
   * sink, with their key columns.
   */
  readonly probes: readonly Plan[];
}

/** Indexes of the probes in the plan's sinks. */
export const EVERY = 0;
/** Records that reach the window or sink. */
export const REACH = 1;

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

/**
 * The question for a row of a sink; `given` are equalities on its key columns, `window` (or
 * `window_start`), or `partition` and `window_index`, among them. Throws EngineError ENG_CLI_USAGE in plain words for what cannot be asked.
 */
export function questionOf(plan: Plan, sink: SinkNode, given: readonly ConditionText[]): Question {
  const unequal = given.find(({ operator }) => operator !== '=');
  if (unequal !== undefined) throw usage(`write ${unequal.column}=VALUE: one row is asked for`);
  const [node = null, ...others] = windowsAbove(plan, sink);
  if (others.length > 0) {
    const names = windowsAbove(plan, sink).map(({ name }) => name);
    throw usage(
      `rows of ${sink.name} are of ${names.join(' and ')}: ask for a sink of one of them`,
    );
  }
  const namesWindow = node === null ? [] : namesOfWindow(node);
  const isOfWindow = ({ column }: ConditionText): boolean => namesWindow.includes(column);
  const keys = given.filter((condition) => !isOfWindow(condition));
  if (node === null) {
    if (keys.length === 0) throw usage(`name a row: ${sink.columns[0]?.name ?? 'column'}=VALUE …`);
    const conditions = keys.map((condition) => bindCondition(condition, sink.columns));
    return { sink, window: null, conditions, probes: probesOf(plan, sink, sink.columns) };
  }
  checkShape(plan, node);
  const missing = node.keys.filter(({ name }) => !keys.some(({ column }) => column === name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `${name}=VALUE`).join(' ');
    throw usage(`${sink.name} has a row for each group and window: name its group, too: ${names}`);
  }
  const conditions = keys.map((condition) => bindCondition(condition, node.keys));
  const window = windowOf(node, given.filter(isOfWindow));
  return { sink, window, conditions, probes: probesOf(plan, node, node.keys) };
}

/** Windows that are told of. */
const KINDS: ReadonlySet<string> = new Set(['tumbling', 'sliding', 'whole', 'session', 'count']);

/** What a window may be named by. */
const namesOfWindow = ({ shape }: WindowNode): readonly string[] =>
  shape.kind === 'count'
    ? identifyingBoundsOf(shape.kind).map(({ name }) => name)
    : ['window', 'window_start'];

function checkShape(plan: Plan, node: WindowNode): void {
  const above = windowsAbove(plan, node).map(({ name }) => name);
  if (above.length > 0) {
    const names = above.join(' and ');
    throw usage(
      `rows of ${node.name} are made of rows of ${names}, not of records: ask for those that end in its window (engine why, with a sink of ${names})`,
    );
  }
  const { kind } = node.shape as { readonly kind: string };
  if (KINDS.has(kind)) return;
  throw usage(`${node.name} has ${kind} windows, of which this version cannot tell`);
}

/** The window that begins at the instant a person wrote, or has the number. */
function windowOf(node: WindowNode, given: readonly ConditionText[]): AskedWindow {
  const all = { node, start: -Infinity, end: Infinity, isSession: false, holds: () => true };
  if (node.shape.kind === 'whole') return all;
  if (node.shape.kind === 'count') return { ...all, counted: countedOf(node.shape, given) };
  const text = given[0]?.text;
  if (text === undefined) {
    throw usage('name the window by its window_start, e.g. window=2024-03-28T10:00:00Z');
  }
  const column = { name: 'window', type: 'timestamp' } as const;
  const { value } = bindCondition({ column: 'window', operator: '=', text }, [column]);
  if (value === null) throw usage('a window begins at a time, never at null');
  const start = Number(value);
  if (node.shape.kind === 'session') return { ...all, start, isSession: true };
  const assigner = openAssigner(node.shape);
  // Of the windows that hold the instant the last begins nearest before it.
  const number = assigner.lastWindowOf(assigner.paneOf(start));
  const nearest = assigner.windowStart(number);
  if (nearest !== start) {
    throw usage(
      `no window of ${node.name} begins at ${text}: the one before it begins at ${iso(nearest)}`,
    );
  }
  const holds = (time: number): boolean => {
    const pane = assigner.paneOf(time);
    return assigner.firstWindowOf(pane) <= number && number <= assigner.lastWindowOf(pane);
  };
  return { ...all, start, end: assigner.windowEnd(number), holds };
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

const iso = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

const nowhere = { kind: 'memory', config: {}, connection: null };

function probesOf(
  plan: Plan,
  node: Pick<SinkNode | WindowNode, 'input' | 'operations' | 'slots'> & {
    readonly union?: readonly UnionInput[];
  },
  columns: SinkNode['columns'],
): Plan[] {
  const { operations, slots } = node;
  const read = unionOf(node);
  const stages = [...plan.stages.filter(({ name }) => isAbove(plan, name, node)), ...read];
  const [{ name: input } = { name: node.input }] = read;
  const probe = { kind: 'sink', connector: nowhere } as const;
  const errors = { ...plan.errors, decode: 'dead_letter', expression: 'dead_letter' } as const;
  const names = sourcesAbove(plan, node);
  return plan.sources
    .filter(({ name }) => names.includes(name))
    .map((source): Plan => {
      const every = { input: source.name, slots: source.columns.length, envelope: true };
      const sinks: SinkNode[] = [
        { ...probe, name: 'every', operations: [], columns: [], ...every },
        { ...probe, name: 'reach', input, operations, slots, columns },
      ];
      return { ...plan, sources: [source], stages: withCarries({ stages, sinks }), sinks, errors };
    });
}

/** What a window reads of several, as a stage of its own: sinks, which probes are, read one. */
function unionOf(node: {
  readonly input: string;
  readonly union?: readonly UnionInput[];
}): RecordNode[] {
  const { input, union } = node;
  if (union === undefined) return [];
  const slots = union[0]?.slots.length ?? 0;
  // No definition can name it.
  return [
    { kind: 'record', name: 'what is read', input, union, operations: [], columns: [], slots },
  ];
}

/** Whether rows of a stage come to a node. */
function isAbove(
  plan: Plan,
  stage: string,
  node: Pick<RecordNode, 'input' | 'union'> | { readonly input: string },
): boolean {
  return inputsOf(node).some((input) => {
    if (input === stage) return true;
    const above = plan.stages.find(({ name }) => name === input);
    return above !== undefined && isAbove(plan, stage, above);
  });
}
