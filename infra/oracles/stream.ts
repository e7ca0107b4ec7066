/**
 * A whole pipeline over logs, record by record, straight from the rules (O2, W1 to W4, T2): what must
 * come out whatever happened on the way. Seconds throughout.
 */

/** One record of a log; its offset is its index. */
export interface StreamRecord {
  readonly k: string | null;
  /** Event time. */
  readonly t: number;
  readonly x: number;
}

/** One window stage. */
export interface StreamWindow {
  readonly stage: string;
  readonly size: number;
  readonly slide: number;
  readonly grace: number;
  /** Late records are dead letters. */
  readonly reports: boolean;
}

/** What the pipeline does. */
export interface StreamRules {
  readonly outOfOrder: number;
  /** Records whose (k, x) came before in their partition are left out before anything else. */
  readonly dedupWithin: number | null;
  /** Records above it are rows of the row-wise sink. */
  readonly rowsAbove: number;
  readonly windows: readonly StreamWindow[];
}

/** Windows up to `frontier` were closed by idleness when these next offsets had been merged (T5). */
export interface ForcedClosing {
  readonly stage: string;
  readonly frontier: number;
  readonly positions: readonly number[];
}

/** What must come out. */
export interface StreamOutcome {
  /** By stage, `rows` among them, sorted. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  /** `CODE stage partition@offset`, sorted. */
  readonly letters: readonly string[];
  readonly duplicates: number;
}

/** Runs the logs. */
export function streamOutcome(
  logs: readonly (readonly StreamRecord[])[],
  rules: StreamRules,
  closings: readonly ForcedClosing[],
): StreamOutcome {
  const sums = new Map<string, Map<string, { n: number; total: number }>>();
  for (const { stage } of rules.windows) sums.set(stage, new Map());
  const rows: string[] = [];
  const letters: string[] = [];
  let duplicates = 0;
  logs.forEach((log, partition) => {
    const seen = new Map<string, number>();
    let max = -Infinity;
    log.forEach(({ k, t, x }, offset) => {
      const watermark = max - rules.outOfOrder;
      max = Math.max(max, t);
      if (rules.dedupWithin !== null) {
        const key = JSON.stringify([k, x]);
        const before = seen.get(key);
        if (before !== undefined && before + rules.dedupWithin > watermark) {
          duplicates++;
          return;
        }
        seen.set(key, t);
      }
      if (x > rules.rowsAbove) rows.push(`${JSON.stringify(k)} ${t} ${x}`);
      for (const window of rules.windows) {
        const { stage, size, slide, grace, reports } = window;
        const forced = closings
          .filter((each) => each.stage === stage && (each.positions[partition] ?? 0) <= offset)
          .reduce((most, { frontier }) => Math.max(most, frontier), -Infinity);
        let isIn = false;
        let isLate = true;
        for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
          const closes = start + size + grace;
          if (closes <= watermark) continue;
          isLate = false;
          if (closes <= forced) continue;
          isIn = true;
          const of = sums.get(stage) as Map<string, { n: number; total: number }>;
          const key = `${JSON.stringify(k)} ${start}`;
          const { n, total } = of.get(key) ?? { n: 0, total: 0 };
          of.set(key, { n: n + 1, total: total + x });
        }
        if (!isIn && reports) {
          letters.push(`${isLate ? 'LATE' : 'LATE_IDLE'} ${stage} ${partition}@${offset}`);
        }
      }
    });
  });
  const outcome = new Map<string, readonly string[]>([['rows', rows.sort()]]);
  for (const [stage, of] of sums) {
    outcome.set(stage, Array.from(of, ([key, { n, total }]) => `${key} ${n} ${total}`).sort());
  }
  return { rows: outcome, letters: letters.sort(), duplicates };
}
