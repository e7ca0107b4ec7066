/**
 * What made a row, down to its records: those of a window over records, or the rows that a window
 * over windows is made of (W8), what these are made of, and so on.
 *
 *     hour ──┬── ten_minutes 10:00 ──┬── records        found from the top: a replay for each window
 *            └── ten_minutes 10:10 ──┴── records        over windows, a reading for each over records
 */
import type { Cell } from '../core/batch.ts';
import { windowsAbove } from '../plan/above.ts';
import type { Plan, WindowNode } from '../plan/planner.ts';
import type { SourceLogs } from './log-scan.ts';
import { type WhyPartition, explainRow, explainRows } from './why.ts';
import type { Question } from './why-plan.ts';
import { recordProbes } from './why-probes.ts';
import { type GivenRow, type ReachingRow, rowsBeneath } from './why-rows.ts';
import { narrowed, widest } from './why-session.ts';
import { type Wanted, keyText } from './why-wanted.ts';
import type { AskedWindow } from './why-window.ts';

/** A row of a window beneath the one that is asked for. */
export interface LowerRow extends GivenRow {
  /** Where its window is over records: theirs. */
  readonly partitions: readonly WhyPartition[];
  /** Where its window is over windows: the rows it is made of, as they came out. */
  readonly rows: readonly LowerRow[];
}

/** How far the partitions below a window over records are towards the end of the row that is asked for. */
export interface LowerClosing {
  readonly node: WindowNode;
  /** Watermark that lets the row that is asked for come out. */
  readonly watermarkMs: number;
  readonly partitions: readonly WhyPartition[];
}

/** Everything that made a row. */
export interface Explanation {
  /** With the end of its session, where it is of one. */
  readonly question: Question;
  /** Of a row of records, or of a window over them. */
  readonly partitions: readonly WhyPartition[];
  /** Of a window over windows: the rows it is made of, in the order of their windows. */
  readonly rows: readonly LowerRow[];
  /** Of a window over windows, for each window over records beneath it. */
  readonly closings: readonly LowerClosing[];
  /** Of a window over windows: the sink's row as the logs give it; null when they give none. */
  readonly recomputed: readonly Cell[] | null;
}

/**
 * Explains a row from the logs of its sources. Throws EngineError ENG_CLI_USAGE when no session
 * begins where one is asked for.
 */
export async function explain(question: Question, logs: SourceLogs): Promise<Explanation> {
  const none = { partitions: [], rows: [], closings: [], recomputed: null };
  const { window } = question;
  if (window === null) {
    return { ...none, question, partitions: await explainRow(question, logs) };
  }
  if (question.probes.length > 0) {
    const found = await withEnd({ ...question, window }, logs);
    return { ...none, question: found, partitions: await explainRow(found, logs) };
  }
  return explainUpper({ ...question, window }, logs);
}

type OfWindow = Question & { readonly window: AskedWindow };

/** The question with the end of its session; any other question as it is. Reads the logs once more. */
async function withEnd(question: OfWindow, logs: SourceLogs): Promise<OfWindow> {
  const { window } = question;
  if (window.node.shape.kind !== 'session') return question;
  const parts = await explainRow({ ...question, window: widest(window) }, logs);
  const times = parts.flatMap(({ records }) =>
    records.flatMap(({ isLate, eventTime }) => (isLate ? [] : [eventTime])),
  );
  return { ...question, window: narrowed(window, times) };
}

async function explainUpper(question: OfWindow, logs: SourceLogs): Promise<Explanation> {
  const { plan, sink, conditions } = question;
  const { node } = question.window;
  const asked: Wanted = {
    window: widest(question.window),
    group: { kind: 'asked', conditions },
  };
  const { reaching, given } = await rowsBeneath(plan, { node, sink, wanted: [asked] }, logs);
  const times = reaching.map(({ eventTime }) => eventTime);
  const window = narrowed(question.window, times);
  const rows = new Beneath();
  for (const each of reaching) if (window.holds(each.eventTime)) rows.add(each.row, null);
  const closings = await rows.explain(plan, window, logs);
  return {
    question: { ...question, window },
    partitions: [],
    ...{ rows: rows.top, closings },
    recomputed: given[0] ?? null,
  };
}

interface Building extends LowerRow {
  partitions: readonly WhyPartition[];
  readonly rows: Building[];
}

/** The rows that have been found, each once, whatever number of rows it is in. */
class Beneath {
  readonly top: Building[] = [];
  readonly #all = new Map<string, Building>();

  /** Adds a row to those that one is made of; null: the one that is asked for. */
  add({ window, keys }: GivenRow, to: Building | null): void {
    const id = `${window.node.name} ${window.start} ${keyText(keys)}`;
    const row = this.#all.get(id) ?? { window, keys, partitions: [], rows: [] };
    this.#all.set(id, row);
    const { rows } = to ?? { rows: this.top };
    // Elements of an exploded row are of one row.
    if (!rows.includes(row)) rows.push(row);
  }

  /** Finds what each is made of, from the top: whatever reads a window comes behind it in the plan. */
  async explain(plan: Plan, window: AskedWindow, logs: SourceLogs): Promise<LowerClosing[]> {
    const closings: LowerClosing[] = [];
    const upTo = watermarksOf(plan, window);
    for (const node of plan.stages.toReversed()) {
      const watermarkMs = upTo.get(node.name);
      if (node.kind !== 'window' || watermarkMs === undefined || node === window.node) continue;
      const rows = [...this.#all.values()].filter((row) => row.window.node.name === node.name);
      const wanted = rows.map(({ window, keys }): Wanted => {
        return { window, group: { kind: 'known', keys } };
      });
      if (windowsAbove(plan, node).length > 0) {
        if (rows.length === 0) continue;
        const { reaching } = await rowsBeneath(plan, { node, sink: null, wanted }, logs);
        for (const each of reaching) this.add(each.row, toOf(rows, each));
        continue;
      }
      const probes = recordProbes(plan, node, node.keys);
      const closing = { window: untilOf(node, watermarkMs), group: NOBODY };
      const parts = await explainRows(probes, [...wanted, closing], logs);
      rows.forEach((row, at) => (row.partitions = parts[at] ?? []));
      closings.push({ node, watermarkMs, partitions: parts.at(-1) ?? [] });
    }
    return closings;
  }
}

const toOf = (rows: readonly Building[], { wanted }: ReachingRow): Building | null =>
  rows[wanted] ?? null;

const NOBODY: Wanted['group'] = { kind: 'known', keys: [] };

/** A window that holds nothing, and closes at a watermark. */
const untilOf = (node: WindowNode, watermarkMs: number): AskedWindow => ({
  ...{ node, start: -Infinity, end: watermarkMs - node.graceMs },
  ...{ isSession: false, holds: () => false },
});

/**
 * By window stage beneath a window, the watermark at which that comes out: what is over windows sees
 * the frontier of each of them less its grace (W8).
 */
function watermarksOf(plan: Plan, { node, end }: AskedWindow): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const visit = (each: WindowNode, from: number): void => {
    const at = from + each.graceMs;
    if (at <= (found.get(each.name) ?? -Infinity)) return;
    found.set(each.name, at);
    for (const above of windowsAbove(plan, each)) visit(above, at);
  };
  visit(node, end);
  return found;
}
