/**
 * A whole pipeline over logs, record by record, straight from the rules (O2, W1 to W4, W6 to W8, T2,
 * R3): what must come out whatever happened on the way. Seconds throughout.
 */
import {
  type StreamHistory,
  type StreamLogs,
  type StreamRecord,
  type StreamRules,
  type StreamStage,
  type StreamWindow,
  isSilent,
  sourcesUnder,
  windowsUnder,
} from './stream-rules.ts';
import {
  type Counted,
  type FoundWindow,
  isWhole,
  lineAbove,
  startsAt,
  windowsOf,
} from './stream-windows.ts';
export * from './stream-rules.ts';

/** What became of one window stage. */
export interface StageOutcome {
  /** Records, or rows of windows, that came to it. */
  readonly reached: number;
  /** Windows that give a row, and those that do not: they are not whole, or nothing ends them. */
  readonly windows: readonly FoundWindow[];
  readonly others: readonly FoundWindow[];
  /** Windows that begin before it may lack records (R3). */
  readonly line: number;
  /** Records that only idleness made late for some window. */
  readonly condemned: readonly Pick<Counted, 'k' | 't'>[];
}

/** What must come out. */
export interface StreamOutcome {
  /** By stage, `rows` among them, sorted. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
  readonly stages: ReadonlyMap<string, StageOutcome>;
  /** `CODE stage source partition@offset`, sorted. */
  readonly letters: readonly string[];
  readonly duplicates: number;
}

/** What has come to a window stage over records. */
interface Arrived {
  reached: number;
  readonly counted: Counted[];
  readonly condemned: Pick<Counted, 'k' | 't'>[];
}

const CODES = { bad: 'DECODE', poison: 'WORKER', future: 'FUTURE' } as const;

/** Runs the logs, by source. */
export function streamOutcome(
  logs: readonly StreamLogs[],
  rules: StreamRules,
  history: StreamHistory,
): StreamOutcome {
  const walk = new Walk(rules, history);
  logs.forEach((partitions, source) => {
    partitions.forEach((log, partition) => walk.run(log, source, partition));
  });
  const stages = new Map<string, StageOutcome>();
  for (const window of rules.windows) {
    const found = outcomeOf(window, stages, { walk, logs, rules, history });
    stages.set(window.stage, found);
  }
  const rows = new Map([['rows', walk.rows.sort()]]);
  for (const [stage, { windows }] of stages) {
    const texts = windows.map(
      ({ k, name, n, total }) => `${JSON.stringify(k)} ${name} ${n} ${total}`,
    );
    rows.set(stage, texts.sort());
  }
  return { rows, stages, letters: walk.letters.sort(), duplicates: walk.duplicates };
}

/** Takes logs record by record. */
class Walk {
  readonly arrived = new Map<string, Arrived>();
  readonly rows: string[] = [];
  readonly letters: string[] = [];
  duplicates = 0;
  readonly #rules: StreamRules;
  readonly #history: StreamHistory;

  constructor(rules: StreamRules, history: StreamHistory) {
    this.#rules = rules;
    this.#history = history;
    for (const { stage } of rules.windows) {
      this.arrived.set(stage, { reached: 0, counted: [], condemned: [] });
    }
  }

  run(log: readonly StreamRecord[], source: number, partition: number): void {
    const { floors, starts } = this.#history;
    const { name, outOfOrder } = this.#rules.sources[source] as StreamRules['sources'][number];
    const stages = this.#rules.stages.filter(({ from }) => from.includes(name));
    const seen = new Map(stages.map((stage) => [stage, new Map<string, number>()]));
    let max = (floors[source]?.get(partition) ?? -Infinity) + outOfOrder;
    log.forEach((record, offset) => {
      const { kind, t } = record;
      if (offset < (starts[source]?.[partition] ?? 0)) return;
      if (kind === 'gap' || kind === 'tombstone') return;
      const place = { source, partition, offset, text: `${name} ${partition}@${offset}` };
      if (kind !== 'good') {
        this.letters.push(`${CODES[kind]} ${name} ${place.text}`);
        return;
      }
      const watermark = max - outOfOrder;
      max = Math.max(max, t);
      for (const [stage, keys] of seen) this.#pass(record, stage, { keys, watermark, place });
    });
  }

  #pass(
    record: StreamRecord,
    { name, dedupWithin, failsAbove }: StreamStage,
    { keys, watermark, place }: { keys: Map<string, number>; watermark: number; place: Place },
  ): void {
    const { k, t, x } = record;
    if (dedupWithin !== null) {
      const key = JSON.stringify([k, x]);
      const before = keys.get(key);
      if (before !== undefined && before + dedupWithin > watermark) {
        this.duplicates++;
        return;
      }
      keys.set(key, t);
    }
    if (x > failsAbove) {
      this.letters.push(`EXPRESSION ${name} ${place.text}`);
      return;
    }
    const { rows, windows } = this.#rules;
    if (name === rows.from && x > rows.above) this.rows.push(`${JSON.stringify(k)} ${t} ${x}`);
    for (const window of windows) {
      if (window.from.includes(name)) this.#arrive(record, window, { watermark, place });
    }
  }

  #arrive(
    { k, t, x }: StreamRecord,
    window: StreamWindow,
    { watermark, place }: { watermark: number; place: Place },
  ): void {
    const { stage, reports } = window;
    const arrived = this.arrived.get(stage) as Arrived;
    arrived.reached++;
    const forced = this.#history.closings
      .filter((each) => each.stage === stage)
      .filter(({ positions }) => (positions[place.source]?.[place.partition] ?? 0) <= place.offset)
      .reduce((most, { frontier }) => Math.max(most, frontier), -Infinity);
    const key = k ?? this.#rules.nullKey;
    const timely = endsOf(window, t).filter(({ ends }) => ends > watermark);
    // Sessions that end just there cannot have it, whatever comes: it may go on behind them.
    const reach = window.shape.kind === 'session' ? forced - 0.001 : forced;
    const open = timely.filter(({ ends }) => ends > reach);
    if (open.length < timely.length) arrived.condemned.push({ k: key, t });
    if (open.length > 0) {
      const starts = open.map(({ start }) => start);
      arrived.counted.push({ k: key, t, x, starts, partition: place.partition });
    } else if (reports) {
      this.letters.push(`${timely.length > 0 ? 'LATE_IDLE' : 'LATE'} ${stage} ${place.text}`);
    }
  }
}

interface Place {
  readonly source: number;
  readonly partition: number;
  readonly offset: number;
  readonly text: string;
}

/** When a record is late for each of its windows (W2, W6, W7). */
function endsOf({ shape, grace }: StreamWindow, t: number): { start: number; ends: number }[] {
  if (shape.kind === 'count') return [{ start: NaN, ends: Infinity }];
  if (shape.kind === 'session') return [{ start: t, ends: t + grace }];
  const { size, slide } = shape;
  return startsAt(t, size, slide).map((start) => ({ start, ends: start + size + grace }));
}

function outcomeOf(
  window: StreamWindow,
  stages: ReadonlyMap<string, StageOutcome>,
  given: { walk: Walk; logs: readonly StreamLogs[]; rules: StreamRules; history: StreamHistory },
): StageOutcome {
  const { walk, logs, rules, history } = given;
  const { shape } = window;
  const under = windowsUnder(window, rules);
  const sources = sourcesUnder(window, rules);
  const rows = under.flatMap(({ stage }) => stages.get(stage)?.windows ?? []);
  const arrived: Arrived =
    under.length === 0
      ? (walk.arrived.get(window.stage) as Arrived)
      : { reached: rows.length, counted: rows.map((row) => counted(row, window)), condemned: [] };
  const lines =
    under.length === 0
      ? sources.map((source) => lineOf(logs[source] ?? [], history.starts[source] ?? []))
      : under.map((each) => lineAbove(each.shape, stages.get(each.stage)?.line ?? -Infinity));
  const line = Math.max(-Infinity, ...lines);
  // A source that never had a record has no time: what is over its windows waits for them.
  const isHeld =
    under.length > 0 && sources.some((s) => isSilent(logs[s] ?? [], history.starts[s]));
  const comesOut = (one: FoundWindow): boolean => {
    if (!isWhole(one, shape, line)) return false;
    if (history.hasEnded) return true;
    return shape.kind === 'count' ? one.n === shape.size : !isHeld;
  };
  const found = windowsOf(arrived.counted, shape);
  return {
    ...{ reached: arrived.reached, condemned: arrived.condemned, line },
    windows: found.filter(comesOut),
    others: found.filter((one) => !comesOut(one)),
  };
}

/** A row of a window where it counts in one over it (W8). */
function counted({ k, end, total }: FoundWindow, { shape }: StreamWindow): Counted {
  const t = end - 0.001;
  const starts = shape.kind === 'panes' ? startsAt(t, shape.size, shape.slide) : [];
  return { k, t, x: total, starts, partition: 0 };
}

/** The greatest of the first event times of partitions that are read from inside their log (R3). */
const lineOf = (logs: StreamLogs, starts: readonly number[]): number =>
  logs.reduce((line, log, p) => {
    const start = starts[p] ?? 0;
    if (start === 0) return line;
    const first = log.find(({ kind }, offset) => kind === 'good' && offset >= start);
    return first === undefined ? line : Math.max(line, first.t);
  }, -Infinity);
