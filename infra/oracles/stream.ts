/**
 * A whole pipeline over logs, record by record, straight from the rules (O2, W1 to W4, T2): what must
 * come out whatever happened on the way. Seconds throughout.
 */

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
  readonly source: string;
  readonly outOfOrder: number;
  /** Records whose (k, x) came before in their partition are left out before anything else. */
  readonly dedupWithin: number | null;
  /** Records above it fail in the expressions of stage `first`, behind the dedup. */
  readonly failsAbove: number;
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

/** What happened on the way that the logs do not tell. */
export interface StreamHistory {
  readonly closings: readonly ForcedClosing[];
  /** Watermark when a partition was added to the topic, by partition (T4). */
  readonly floors: ReadonlyMap<number, number>;
}

/** What must come out. */
export interface StreamOutcome {
  /** By stage, `rows` among them, sorted. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  /** `CODE stage partition@offset`, sorted. */
  readonly letters: readonly string[];
  readonly duplicates: number;
}

/** By key and window start. */
type Sums = Map<string, { readonly n: number; readonly total: number }>;

const CODES = { bad: 'DECODE', poison: 'WORKER', future: 'FUTURE' } as const;

/** Runs the logs. */
export function streamOutcome(
  logs: readonly (readonly StreamRecord[])[],
  rules: StreamRules,
  { closings, floors }: StreamHistory,
): StreamOutcome {
  const sums = new Map<string, Sums>();
  for (const { stage } of rules.windows) sums.set(stage, new Map());
  const rows: string[] = [];
  const letters: string[] = [];
  let duplicates = 0;
  logs.forEach((log, partition) => {
    const seen = new Map<string, number>();
    let max = (floors.get(partition) ?? -Infinity) + rules.outOfOrder;
    log.forEach(({ kind, k, t, x }, offset) => {
      if (kind === 'gap' || kind === 'tombstone') return;
      if (kind !== 'good') {
        letters.push(`${CODES[kind]} ${rules.source} ${partition}@${offset}`);
        return;
      }
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
      if (x > rules.failsAbove) {
        letters.push(`EXPRESSION first ${partition}@${offset}`);
        return;
      }
      if (x > rules.rowsAbove) rows.push(`${JSON.stringify(k)} ${t} ${x}`);
      for (const window of rules.windows) {
        const forced = closings
          .filter((each) => each.stage === window.stage)
          .filter(({ positions }) => (positions[partition] ?? 0) <= offset)
          .reduce((most, { frontier }) => Math.max(most, frontier), -Infinity);
        const code = add({ k, t, x }, window, { watermark, forced }, sums.get(window.stage));
        if (code !== null && window.reports) {
          letters.push(`${code} ${window.stage} ${partition}@${offset}`);
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

/** Adds a record to all windows that are open for it; why none was, if so. */
function add(
  { k, t, x }: Pick<StreamRecord, 'k' | 't' | 'x'>,
  { size, slide, grace }: StreamWindow,
  { watermark, forced }: { readonly watermark: number; readonly forced: number },
  sums: Sums = new Map(),
): 'LATE' | 'LATE_IDLE' | null {
  let isIn = false;
  let isLate = true;
  for (let start = Math.floor(t / slide) * slide; start > t - size; start -= slide) {
    const closes = start + size + grace;
    if (closes <= watermark) continue;
    isLate = false;
    if (closes <= forced) continue;
    isIn = true;
    const key = `${JSON.stringify(k)} ${start}`;
    const { n, total } = sums.get(key) ?? { n: 0, total: 0 };
    sums.set(key, { n: n + 1, total: total + x });
  }
  if (isIn) return null;
  return isLate ? 'LATE' : 'LATE_IDLE';
}
