/**
 * How much memory the state of a window stage may take: its groups in all panes that may be open at
 * once, and its keys. `npm run bench:state` compares it with the memory that a process takes.
 */
import { layoutOf } from '../core/aggregate/layout.ts';
import { TEXT_BYTES } from '../core/aggregate/state-rows.ts';
import { sourcesAbove, windowsAbove } from './above.ts';
import type { Plan, WindowNode, WindowShape } from './planner.ts';

/** What the estimate is made of. */
export interface StateEstimate {
  readonly keys: number;
  /** Panes that windows share, or sessions of a key, open at once. */
  readonly panes: number;
  readonly bytes: number;
}

/**
 * The most state of a stage at `limits.keys`. Panes are open from their start until the end of their
 * last window, `grace` and `outOfOrderMs` are over.
 */
export function estimateState(
  { shape, graceMs, accumulators, keys }: WindowNode,
  limits: { readonly keys: number },
  outOfOrderMs: number,
): StateEstimate {
  const panes = openPanes(shape, graceMs + outOfOrderMs);
  const groups = keys.length === 0 ? 1 : limits.keys;
  const { numbers, texts, collections } = layoutOf(accumulators);
  const held = collections.reduce((bytes, { groupBytes }) => bytes + groupBytes, 0);
  // A count of records, the key, an entry of the index; sessions also have
  // a first and a last time, windows that count their group and number.
  const rowBytes = 8 + 4 + 4 + 8 * numbers + (isOneTable(shape) ? 16 : 0);
  const tableOf = (rows: number): number =>
    capacityFor(rows) * rowBytes + rows * (texts * TEXT_BYTES + held);
  const tables = isOneTable(shape)
    ? tableOf(groups * panes)
    : tableOf(groups) * (panes + mergedTables(shape));
  const bytes = tables + (keys.length === 0 ? 0 : keyBytes(groups, keys.length));
  return { keys: groups, panes, bytes };
}

/** The estimate for a stage of a plan. */
export function stateOf(
  stage: WindowNode,
  plan: Pick<Plan, 'sources' | 'stages' | 'limits'>,
): StateEstimate {
  const names = sourcesAbove(plan, stage);
  const waits = plan.sources
    .filter(({ name }) => names.includes(name))
    .map(({ watermark }) => watermark.outOfOrderMs);
  // Rows of windows come in the order of their time.
  const isOfWindow = windowsAbove(plan, stage).length > 0;
  const outOfOrderMs = isOfWindow ? 0 : Math.max(0, ...waits);
  return estimateState(stage, plan.limits, outOfOrderMs);
}

function openPanes(shape: WindowShape, waitMs: number): number {
  if (shape.kind === 'whole') return 1;
  // One that fills, and one that is full and waits for its sink.
  if (shape.kind === 'count') return 2;
  // Sessions of a key are a gap apart, at least.
  if (shape.kind === 'session') return Math.ceil((shape.gapMs + waitMs) / shape.gapMs) + 1;
  const { sizeMs, slideMs } = shape;
  return Math.ceil((sizeMs + waitMs) / greatestCommonDivisor(sizeMs, slideMs)) + 1;
}

/** Whether all windows are rows of one table. */
const isOneTable = ({ kind }: WindowShape): boolean => kind === 'session' || kind === 'count';

/** Windows of several panes have the newest of them merged once more. */
const mergedTables = (shape: WindowShape): number =>
  'sizeMs' in shape && shape.sizeMs > greatestCommonDivisor(shape.sizeMs, shape.slideMs) ? 1 : 0;

/** Columns double as they grow. */
const capacityFor = (rows: number): number =>
  16 * 2 ** Math.ceil(Math.log2(Math.max(1, rows / 16)));

/**
 * Keys on the main thread: text of usual length in a buffer that doubles, its end, hash and the
 * worker's id, its places in a hash table that is an eighth to a half full and in the sorted order.
 */
const keyBytes = (keys: number, columns: number): number =>
  capacityFor(keys) * 12 + keys * (columns * 24 + 16 + 8);

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
