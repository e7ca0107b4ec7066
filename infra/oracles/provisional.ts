/**
 * Which rows that were written before they were final may stand in the end without a final one (R7,
 * W5): where the window they told of is not there, or gives no row, and no log told so at the time.
 */
import type { StageOutcome } from './stream.ts';
import { type StreamRules, type StreamWindow, windowsUnder } from './stream-rules.ts';
import type { FoundWindow } from './stream-windows.ts';

/** A row, by what it is known by. */
export interface Provisional {
  readonly k: string | null;
  /** Start of its window, seconds. */
  readonly start: number;
}

/** What is known in the end. */
export interface Outcomes {
  readonly rules: StreamRules;
  readonly stages: ReadonlyMap<string, StageOutcome>;
  /** Whether the process has died since it began: what it read was read again, later. */
  readonly hasCrashed: boolean;
}

/** Whether a row of a window stage may stay. */
export function mayStay(row: Provisional, window: StreamWindow, outcomes: Outcomes): boolean {
  const { rules, stages, hasCrashed } = outcomes;
  const { line, others } = stages.get(window.stage) as StageOutcome;
  // Not every partition had said yet where it begins (R3).
  if (row.start < line) return true;
  // Its window waits for a source without any record (W8).
  if (others.some(({ k, start }) => k === row.k && start === row.start)) return true;
  const all = [window, ...allUnder(window, rules)];
  // A session that begins earlier has taken it in, or ends later than it did (W6).
  const sessions = all.filter(({ shape }) => shape.kind === 'session');
  const isTaken = ({ k, start, end }: FoundWindow): boolean =>
    k === row.k && start < endOf(row, window) && end > row.start;
  if (sessions.some(({ stage }) => found(stages.get(stage)).some(isTaken))) return true;
  // Idleness came before its records, when they were read again (T5).
  const condemned = all.flatMap(({ stage }) => stages.get(stage)?.condemned ?? []);
  return hasCrashed && condemned.some(({ k }) => k === row.k);
}

const found = (outcome?: StageOutcome): readonly FoundWindow[] => [
  ...(outcome?.windows ?? []),
  ...(outcome?.others ?? []),
];

const allUnder = (window: StreamWindow, rules: StreamRules): StreamWindow[] =>
  windowsUnder(window, rules).flatMap((each) => [each, ...allUnder(each, rules)]);

/** Where the window of a row ends; of a session, the first instant of it. */
const endOf = ({ start }: Provisional, { shape }: StreamWindow): number =>
  shape.kind === 'panes' ? start + shape.size : start + 0.001;
