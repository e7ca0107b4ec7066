/** What the engine must reach, and whether it does. Ratios bind: rates depend on the machine. */

/** What was measured: medians of alternating runs. Rates are events per second. */
export interface Figures {
  readonly engine: number;
  /** Fetches and discards over the engine's own sockets. */
  readonly nothing: number;
  readonly sliding: number;
  readonly keys: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakRssMib: number;
  /** Of the drain that took the fewest. */
  readonly snapshots: number;
  /** From `engine run` to the first row in a table that is there. */
  readonly startMs: number;
  readonly sinkRowsPerSecond: number;
  /** At a quarter of the engine's rate; null: not measured. */
  readonly latency: { readonly p50: number; readonly p99: number } | null;
  /** Rates of peers that took part, by name. */
  readonly peers: Readonly<Record<string, number>>;
}

/** A goal and what became of it. */
export interface Goal {
  readonly goal: string;
  readonly measured: string;
  /** Null: not measured. */
  readonly met: boolean | null;
}

const PEERS: Readonly<Record<string, number>> = { 'kafka-streams': 3.3, flink: 6, spark: 10 };

/** Every goal, in the order they are printed. */
export function judge(figures: Figures): Goal[] {
  const { engine, latency, peers } = figures;
  const atLeast = (goal: string, value: number, least: number, unit = ''): Goal => ({
    ...{ goal: `${goal}: at least ${least}${unit}`, met: value >= least },
    measured: `${shown(value)}${unit}`,
  });
  const atMost = (goal: string, value: number | null, most: number, unit = ''): Goal => ({
    goal: `${goal}: at most ${most}${unit}`,
    measured: value === null ? '–' : `${shown(value)}${unit}`,
    met: value === null ? null : value <= most,
  });
  return [
    atLeast('W as a share of fetching and discarding it', engine / figures.nothing, 0.85),
    atLeast('sliding 60 min / 1 min as a share of tumbling', figures.sliding / engine, 0.95),
    atLeast('10,000 keys, windows of an hour, as a share of 40', figures.keys / engine, 0.7),
    atMost('CPU seconds a million events', figures.cpuSecondsPerMillion, 1.1),
    atMost('peak RSS', (figures.peakRssMib * 2 ** 20) / 1e6, 200, ' MB'),
    atLeast('snapshots in each of these runs', figures.snapshots, 3),
    atMost('from the start to the first row', figures.startMs, 1500, ' ms'),
    atMost('latency at a quarter of the rate, p50', latency?.p50 ?? null, 20, ' ms'),
    atMost('latency at a quarter of the rate, p99', latency?.p99 ?? null, 100, ' ms'),
    atLeast('window rows a second into Cassandra', figures.sinkRowsPerSecond / 1000, 80, ' k'),
    ...Object.entries(PEERS).flatMap(([name, times]) => {
      const rate = peers[name];
      return rate === undefined ? [] : [atLeast(`times as fast as ${name}`, engine / rate, times)];
    }),
  ];
}

/** The goals as a table. */
export const goalTable = (goals: readonly Goal[]): string =>
  [
    '| goal | measured | met |',
    '|---|---|---|',
    ...goals.map(({ goal, measured, met }) => {
      const verdict = met === null ? 'not measured' : met ? 'yes' : '**no**';
      return `| ${goal} | ${measured} | ${verdict} |`;
    }),
    '',
  ].join('\n');

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(2)));
