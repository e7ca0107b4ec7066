/** Checks over a whole plan: what no single stage can see. */
import { layoutOf } from '../core/aggregate/layout.ts';
import type { Report } from '../spec/diagnostic.ts';
import type { Spec } from '../spec/spec.ts';
import { checkDedups } from './check-dedup.ts';
import type { Plan, SourceNode, WindowNode, WindowShape } from './planner.ts';

/** The part of a plan that is looked at; stages that are wrong are not in it. */
export type Checked = Pick<Plan, 'sources' | 'stages' | 'limits'>;

/**
 * Reports windows and dedups over a source that cannot carry them, and state that may be too large
 * for `limits`.
 */
export function checkPlan(plan: Checked, spec: Spec, report: Report): void {
  for (const source of plan.sources) {
    const below = plan.stages.filter((one) => sourceNameOf(one, plan) === source.name);
    checkDedups(
      below.filter((stage) => stage.kind === 'record'),
      source,
      report,
    );
    const fed = below.filter((stage) => stage.kind === 'window');
    if (fed.length === 0) continue;
    const names = fed.map(({ name }) => name).join(', ');
    const timed = fed.filter(({ shape }) => shape.kind !== 'whole');
    const declared = spec.sources.find(({ name }) => name === source.name)?.watermark.declared;
    checkEventTime(source, names, report);
    if (declared !== true && timed.length > 0) reportNoWatermark(source, names, report);
    if (!source.bounded) reportEndless(fed, source, report);
    for (const window of fed) checkState(window, source, plan, report);
  }
}

/** The name of the source that feeds a stage; one that a stage is called like as well means the source. */
function sourceNameOf(
  stage: { readonly input: string },
  { sources, stages }: Pick<Checked, 'sources' | 'stages'>,
): string {
  let { input } = stage;
  for (;;) {
    if (sources.some(({ name }) => name === input)) return input;
    const above = stages.find(({ name }) => name === input);
    if (above === undefined) return input;
    input = above.input;
  }
}

/** Lines of a file have no timestamp of a broker: without `event_time` no record would have a time. */
function checkEventTime(source: SourceNode, windows: string, report: Report): void {
  const { name, framing, eventTime, columns } = source;
  if (framing !== 'lines' || eventTime.kind !== 'broker') return;
  // R10: the lines of an archive keep the timestamps of the broker.
  if (columns.some((column) => column.name === '_timestamp')) return;
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

/**
 * The most state a window stage may hold, in bytes: keys × open panes × bytes of a group. Panes are
 * the pieces that windows share; windows are open from their start until their end, `grace` and
 * `outOfOrderMs` are over.
 */
export function estimateStateBytes(
  { shape, graceMs, accumulators, keys }: WindowNode,
  limits: { readonly keys: number },
  outOfOrderMs: number,
): number {
  const panes = openPanes(shape, graceMs + outOfOrderMs);
  const { numbers, texts } = layoutOf(accumulators);
  return (keys.length === 0 ? 1 : limits.keys) * panes * (GROUP_BYTES + 8 * numbers + 32 * texts);
}

function openPanes(shape: WindowShape, waitMs: number): number {
  if (shape.kind === 'whole') return 1;
  const { sizeMs, slideMs } = shape;
  return Math.ceil((sizeMs + waitMs) / greatestCommonDivisor(sizeMs, slideMs)) + 1;
}

/** A group's count of records, its key and the entry of its index. */
const GROUP_BYTES = 16;

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

function checkState(
  stage: WindowNode,
  source: SourceNode,
  { limits }: Checked,
  report: Report,
): void {
  const bytes = estimateStateBytes(stage, limits, source.watermark.outOfOrderMs);
  if (bytes <= limits.memoryBytes) return;
  const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;
  const groups = stage.keys.length === 0 ? '' : `with ${limits.keys} keys `;
  report({
    code: 'state-size',
    severity: 'warning',
    path: ['stages', stage.name, 'window'],
    message: `${groups}its windows may take ${mib(bytes)}, the limit is ${mib(limits.memoryBytes)}`,
    hint: 'a longer slide, a shorter window, a lower limits.keys or a higher limits.memory',
  });
}
