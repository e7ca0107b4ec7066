/** What is wrong after a schedule: rows, letters and counters against the oracle. */
import { residuesOf } from '../../engine/graph/residue.ts';
import { total, windowCounts } from '../../engine/graph/tally.ts';
import { mayStay } from '../oracles/provisional.ts';
import {
  type StreamOutcome,
  type StreamRecord,
  type StreamRules,
  type StreamWindow,
  streamOutcome,
} from '../oracles/stream.ts';
import { keyOf } from './durable.ts';
import type { Performance } from './perform.ts';
import type { SinkPart } from './pipeline.ts';
import { pipelines } from './pipelines.ts';
import type { Schedule } from './schedule.ts';

/** Every difference in words; none when the schedule went well. */
export function faultsOf(schedule: Schedule, performance: Performance): string[] {
  const { durable, history } = performance;
  const { rules, sinks } = pipelines[schedule.pipeline];
  const logs = durable.topics.map((topic) => topic.logs);
  const expected = streamOutcome(logs, rules, history);
  return [
    ...durable.breaches,
    ...sinks.flatMap((sink) => rowFaults(sink, { rules, expected, performance })),
    ...letterFaults(expected, performance),
    ...ledgerFaults(rules, expected, performance),
  ];
}

/** What is compared. */
interface Compared {
  readonly rules: StreamRules;
  readonly expected: StreamOutcome;
  readonly performance: Performance;
}

function rowFaults({ name, stage, kind }: SinkPart, compared: Compared): string[] {
  const { durable } = compared.performance;
  const kept = durable.of(name);
  const wanted = compared.expected.rows.get(stage) ?? [];
  if (kind === 'table') {
    const rows = [...kept.table.values()].filter((row) => !kept.provisional.has(keyOf(row)));
    return [...differences(name, wanted, rows), ...provisionalFaults({ name, stage }, compared)];
  }
  if (kind === 'file') return differences(name, wanted, kept.rows.slice(0, kept.committed));
  // Rows of a history that a crash took back are in it, too, where a partition came in between.
  if (durable.hasGrown && stage !== 'rows') return [];
  // At least once: what came twice counts once, so the oracle's equal rows do, too.
  return differences(name, [...new Set(wanted)], [...new Set(kept.rows)]);
}

/** Rows that a final one was to replace (R7, W5). */
function provisionalFaults(
  { name, stage }: Pick<SinkPart, 'name' | 'stage'>,
  { rules, expected: { stages }, performance: { durable, lives } }: Compared,
): string[] {
  const window = rules.windows.find((each) => each.stage === stage) as StreamWindow;
  return [...durable.of(name).provisional].flatMap((key) => {
    const [k = '', start] = key.split(' ');
    const row = { k: JSON.parse(k) as string | null, start: Number(start) };
    if (mayStay(row, window, { rules, stages, hasCrashed: lives > 1 })) return [];
    return [`${name}: stays without a final row ${durable.of(name).table.get(key) ?? key}`];
  });
}

/** A record may be reported and then, after a crash, be in time: but for idleness all are exact. */
function letterFaults({ letters }: StreamOutcome, performance: Performance): string[] {
  const { durable, history } = performance;
  const found = Array.from(
    durable.letters.values(),
    ({ code, stage, source, partition, offset }) =>
      `${code} ${stage} ${source} ${partition}@${offset}`,
  );
  const isExact =
    !durable.hasGrown &&
    history.closings.length === 0 &&
    found.every((each) => !each.startsWith('LATE_IDLE'));
  if (isExact) return differences('letters', letters, found);
  const places = new Set(found.map(placeOf));
  return letters.filter((each) => !places.has(placeOf(each))).map((each) => `no letter ${each}`);
}

const placeOf = (letter: string): string => letter.replace(/^\S+ /, '');

/** L1: every record counts once, however many lives it took. */
function ledgerFaults(
  { windows: rules }: StreamRules,
  expected: StreamOutcome,
  { durable, life }: Performance,
): string[] {
  const { plan, tally, windows, acks, ledger } = life.parts;
  const all = durable.topics.flatMap(({ logs, starts }) =>
    logs.flatMap((log, partition) => log.slice(starts[partition])),
  );
  const sizeOf = (...kinds: readonly StreamRecord['kind'][]): number =>
    all.filter(({ kind }) => kinds.includes(kind)).length;
  const equal = (what: string, is: number, wanted: number): string[] =>
    is === wanted ? [] : [`${what}: ${is} instead of ${wanted}`];
  const lateAt = (stage: string): number =>
    expected.letters.filter((each) => /^LATE(_IDLE)? /.test(each) && each.split(' ')[1] === stage)
      .length;
  return [
    ...residuesOf(plan, tally, windows).map(({ at, text }) => `residue at ${at}: ${text}`),
    ...equal('records', total(tally.records), all.length - sizeOf('gap', 'tombstone')),
    ...equal('tombstones', total(tally.tombstones), sizeOf('tombstone')),
    ...equal('duplicates', total(tally.duplicates), expected.duplicates),
    ...rules.flatMap(({ stage, reports }) => {
      const { merged, late: own, lateIdle, emitted } = windowCounts(tally, stage);
      return [
        ...equal(`${stage} in`, merged + own + lateIdle, expected.stages.get(stage)?.reached ?? 0),
        ...equal(`${stage} emitted`, emitted, expected.rows.get(stage)?.length ?? 0),
        ...(reports ? equal(`${stage} late`, own + lateIdle, lateAt(stage)) : []),
      ];
    }),
    ...equal('letters counted', total(tally.letters), expected.letters.length),
    ...equal('acknowledgements open', acks.pending, 0),
    ...equal('bytes held', ledger.frames.heldBytes + ledger.rows.heldBytes, 0),
  ];
}

/** Two multisets. */
function differences(name: string, wanted: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const each of wanted) counts.set(each, (counts.get(each) ?? 0) - 1);
  for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1);
  return Array.from(counts).flatMap(([each, count]) => {
    if (count === 0) return [];
    return [`${name}: ${count < 0 ? 'missing' : 'too much'} ${each}`];
  });
}
