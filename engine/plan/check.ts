/** Checks over a whole plan: what no single stage can see. */
import type { Report } from '../spec/diagnostic.ts';
import type { Spec } from '../spec/spec.ts';
import { sourcesAbove, windowsAbove } from './above.ts';
import { checkDedups, checkDedupsOfRows } from './check-dedup.ts';
import type { Plan, SinkNode, SourceNode, WindowNode, WindowShape } from './planner.ts';
import { stateOf } from './state-size.ts';

/** The part of a plan that is looked at; what is wrong is not in it. */
export type Checked = Pick<Plan, 'sources' | 'stages' | 'sinks' | 'limits'>;

/**
 * Reports windows and dedups over a source that cannot carry them, and state that may be too large
 * for `limits`.
 */
export function checkPlan(plan: Checked, spec: Spec, report: Report): void {
  checkTimedWindows(plan, report);
  checkDedupsOfRows(plan, report);
  for (const stage of plan.stages) if (stage.kind === 'window') checkState(stage, plan, report);
  for (const source of plan.sources) {
    const below = plan.stages.filter((one) => sourcesAbove(plan, one).includes(source.name));
    const records = below
      .filter((stage) => stage.kind === 'record')
      .filter((stage) => !isOfWindow(stage, plan));
    checkDedups(plan, records, { source, report });
    checkTimedSinks(source, plan, report);
    const windows = below.filter((stage) => stage.kind === 'window');
    if (!source.bounded) reportEndless(windows, source, report);
    // Windows over windows (W8) go by their time, not by the source's.
    const fed = windows.filter((window) => !isOfWindow(window, plan));
    if (fed.length === 0) continue;
    const names = fed.map(({ name }) => name).join(', ');
    const timed = fed.filter(({ shape }) => !isTimelessShape(shape));
    const declared = spec.sources.find(({ name }) => name === source.name)?.watermark.declared;
    checkEventTime(source, fed, report);
    if (declared !== true && timed.length > 0) reportNoWatermark(source, names, report);
  }
}

/** Lines of a file have no timestamp of a broker, but for those of an archive, which keep it (R10). */
const isTimeless = ({ framing, eventTime, columns }: SourceNode): boolean =>
  framing === 'lines' &&
  eventTime.kind === 'broker' &&
  !columns.some((column) => column.name === '_timestamp');

/** Windows that go by no time: their rows have none either. */
const isTimelessShape = ({ kind }: WindowShape): boolean => kind === 'whole' || kind === 'count';

/** Sinks that do something by the time of a window's row, where rows have none. */
function checkTimedWindows(plan: Checked, report: Report): void {
  for (const sink of plan.sinks) {
    const use = timeUsedBy(sink);
    const above = windowsAbove(plan, sink).find(({ shape }) => isTimelessShape(shape));
    if (use === null || above === undefined) continue;
    const what = above.shape.kind === 'whole' ? 'the whole input' : 'so many records';
    report({
      code: 'missing-event-time',
      path: ['sinks', sink.name],
      atKey: true,
      message: `${sink.name} ${use}, and rows of ${above.name} have no time: a window is ${what}`,
      hint: 'leave that to a sink whose rows have a `window_end`, or are records',
    });
  }
}

/** Sinks that do something by the time of a record, where records have none. */
function checkTimedSinks(source: SourceNode, plan: Checked, report: Report): void {
  if (!isTimeless(source)) return;
  for (const sink of plan.sinks) {
    const use = timeUsedBy(sink);
    // Rows of a window have the time of their window; the window itself has its own finding.
    if (use === null || isOfWindow(sink, plan)) continue;
    if (!sourcesAbove(plan, sink).includes(source.name)) continue;
    report({
      code: 'missing-event-time',
      path: ['sinks', sink.name],
      atKey: true,
      message: `${sink.name} ${use}, and nothing says what the time of a record of ${source.name} is`,
      hint: `add e.g. \`event_time: { column: at, iso: true }\` to ${source.name}`,
    });
  }
}

const isOfWindow = (node: Parameters<typeof windowsAbove>[1], plan: Checked): boolean =>
  windowsAbove(plan, node).length > 0;

function timeUsedBy({ connector }: SinkNode): string | null {
  const { path = '', ttlMs = null } = (connector.config ?? {}) as {
    readonly path?: string;
    readonly ttlMs?: number | null;
  };
  if (path.includes('{event_time')) return 'files its rows by event time';
  return ttlMs === null ? null : 'lets its rows expire after their event time';
}

/** Without `event_time` no record would be of any window, but of those that count records (W7). */
function checkEventTime(source: SourceNode, fed: readonly WindowNode[], report: Report): void {
  const { name } = source;
  const needing = fed.filter(({ shape }) => shape.kind !== 'count');
  if (!isTimeless(source) || needing.length === 0) return;
  const windows = needing.map((window) => window.name).join(', ');
  report({
    code: 'missing-event-time',
    path: ['sources', name],
    atKey: true,
    message: `${windows} cannot tell which window a record of ${name} is of: nothing says what its time is`,
    hint: 'add e.g. `event_time: { column: at, iso: true }` to the source: only records of a broker have a timestamp of their own, which an archive keeps as `_timestamp`',
  });
}

function reportNoWatermark({ name }: SourceNode, windows: string, report: Report): void {
  report({
    code: 'missing-watermark',
    severity: 'warning',
    path: ['sources', name],
    atKey: true,
    message: `${name} does not say how late its records may be, and ${windows} must know`,
    hint: 'add e.g. `watermark: { out_of_order: 10s }`; without it the newest record closes windows at once',
  });
}

/** The window over all input would never close. */
function reportEndless(fed: readonly WindowNode[], { name }: SourceNode, report: Report): void {
  for (const window of fed) {
    if (window.shape.kind !== 'whole') continue;
    report({
      code: 'unbounded-window',
      path: ['stages', window.name, 'window', 'whole'],
      atKey: true,
      message: `${window.name} would never close: it holds the whole of ${name}, which has no end`,
      hint: 'read a file, or run with --bounded; over a stream write a `tumbling` window',
    });
  }
}

function checkState(stage: WindowNode, plan: Checked, report: Report): void {
  const { limits } = plan;
  const { keys, bytes } = stateOf(stage, plan);
  if (bytes <= limits.memoryBytes) return;
  const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;
  const groups = stage.keys.length === 0 ? '' : `with ${keys} keys `;
  report({
    code: 'state-size',
    severity: 'warning',
    path: ['stages', stage.name, 'window'],
    message: `${groups}its windows may take ${mib(bytes)}, the limit is ${mib(limits.memoryBytes)}`,
    hint: 'a longer slide, a shorter window, a lower limits.keys or a higher limits.memory',
  });
}
