/** What a pipeline of the simulation does, in the words of the oracle. Seconds throughout. */

/** What stands at one offset of a log, its index. */
export interface StreamRecord {
  /**
   * bad: cannot be decoded. poison: kills whoever reads it. future: its event time is too far ahead of
   * the broker's. tombstone: has no value. gap: the offset is empty.
   */
  readonly kind: 'good' | 'bad' | 'poison' | 'future' | 'tombstone' | 'gap';
  readonly k: string | null;
  /** Event time. */
  readonly t: number;
  readonly x: number;
}

/** The log of each partition of one source. */
export type StreamLogs = readonly (readonly StreamRecord[])[];

/** One source. */
export interface StreamSource {
  readonly name: string;
  readonly outOfOrder: number;
  readonly idle: number;
}

/** What happens to records of one or several sources before they come to windows. */
export interface StreamStage {
  readonly name: string;
  /** Names of sources. */
  readonly from: readonly string[];
  /** Records whose (k, x) came before in their partition are left out before anything else. */
  readonly dedupWithin: number | null;
  /** Records above it fail in the expressions of the stage, behind the dedup. */
  readonly failsAbove: number;
}

/** Which windows there are (W1, W6, W7). */
export type StreamShape =
  | { readonly kind: 'panes'; readonly size: number; readonly slide: number }
  | { readonly kind: 'session'; readonly gap: number; readonly max: number }
  | { readonly kind: 'count'; readonly size: number };

/** One window stage: by k, how many there are and the sum of x; over windows, of their sums. */
export interface StreamWindow {
  readonly stage: string;
  /** Names of stages, or of window stages that stand before it (W8). */
  readonly from: readonly string[];
  readonly shape: StreamShape;
  readonly grace: number;
  /** Late records are dead letters. */
  readonly reports: boolean;
}

/** What the pipeline does. */
export interface StreamRules {
  readonly sources: readonly StreamSource[];
  readonly stages: readonly StreamStage[];
  readonly windows: readonly StreamWindow[];
  /** The row-wise sink: records of a stage with x above a number. */
  readonly rows: { readonly from: string; readonly above: number };
  /** What windows have as key where k is null. */
  readonly nullKey: string | null;
}

/** Windows up to `frontier` were closed by idleness when these next offsets had been merged (T5). */
export interface ForcedClosing {
  readonly stage: string;
  readonly frontier: number;
  /** By source and partition. */
  readonly positions: readonly (readonly number[])[];
}

/** What happened on the way that the logs do not tell. */
export interface StreamHistory {
  readonly closings: readonly ForcedClosing[];
  /** By source: watermark when a partition was added to the topic, by partition (T4). */
  readonly floors: readonly ReadonlyMap<number, number>[];
  /** By source: offset at which reading of each partition began; 0 where none is named (R3). */
  readonly starts: readonly (readonly number[])[];
  /** The sources have ended (T7). */
  readonly hasEnded: boolean;
}

/** The window stages that a window is over; none for one over records. */
export const windowsUnder = ({ from }: StreamWindow, rules: StreamRules): StreamWindow[] =>
  rules.windows.filter(({ stage }) => from.includes(stage));

/**
 * Window stages that only an end closes (T7): those that count, and, where a source never had a
 * record (`isHeld`), those over windows, which wait for it (W7, W8).
 */
export const stagesLeftOpen = (rules: StreamRules, isHeld: boolean): ReadonlySet<string> =>
  new Set(
    rules.windows
      .filter((window) => {
        const isUpper = windowsUnder(window, rules).length > 0;
        return window.shape.kind === 'count' || (isHeld && isUpper);
      })
      .map(({ stage }) => stage),
  );

/** Indexes of the sources whose records reach a window, through others or not. */
export function sourcesUnder(window: StreamWindow, rules: StreamRules): number[] {
  const stages = rules.stages.filter(({ name }) => window.from.includes(name));
  const names = stages.flatMap(({ from }) => from);
  const own = rules.sources.flatMap(({ name }, i) => (names.includes(name) ? [i] : []));
  const above = windowsUnder(window, rules).flatMap((each) => sourcesUnder(each, rules));
  return [...new Set([...own, ...above])];
}

/** Whether no record that is read tells an event time (T2). */
export const isSilent = (logs: StreamLogs, starts: readonly number[] = []): boolean =>
  !logs.some((log, p) =>
    log.some(({ kind }, offset) => kind === 'good' && offset >= (starts[p] ?? 0)),
  );
