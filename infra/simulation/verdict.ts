/** What is wrong after a schedule: rows, letters and counters against the oracle. */
import { residuesOf } from '../../engine/graph/residue.ts';
import { total, windowCounts } from '../../engine/graph/tally.ts';
import { type StreamOutcome, type StreamRecord, streamOutcome } from '../oracles/stream.ts';
import type { Performance } from './perform.ts';
import { pipelines, type SinkPart } from './pipelines.ts';
import type { Schedule } from './schedule.ts';

/** Every difference in words; none when the schedule went well. */
export function faultsOf(schedule: Schedule, performance: Performance): string[] {
  const { durable, life } = performance;
  const { rules, sinks } = pipelines[schedule.pipeline];
  const expected = streamOutcome(durable.logs, rules, life);
  return [
    ...durable.breaches,
    ...sinks.flatMap((sink) => rowFaults(sink, expected, performance)),
    ...letterFaults(expected, performance),
    ...ledgerFaults(schedule, expected, performance),
  ];
}

function rowFaults(
  { name, stage, kind }: SinkPart,
  { rows }: StreamOutcome,
  { durable }: Performance,
): string[] {
  const kept = durable.of(name);
  const wanted = rows.get(stage) ?? [];
  if (kind === 'table') return differences(name, wanted, [...kept.table.values()]);
  if (kind === 'file') return differences(name, wanted, kept.rows.slice(0, kept.committed));
  // Rows of a history that a crash took back are in it, too, where a partition came in between.
  if (durable.hasGrown && stage !== 'rows') return [];
  // At least once: what came twice counts once, so the oracle's equal rows do, too.
  return differences(name, [...new Set(wanted)], [...new Set(kept.rows)]);
}

/** A record may be reported and then, after a crash, be in time: but for idleness all are exact. */
function letterFaults({ letters }: StreamOutcome, { durable, life }: Performance): string[] {
  const found = Array.from(
    durable.letters.values(),
    ({ code, stage, partition, offset }) => `${code} ${stage} ${partition}@${offset}`,
  );
  const isExact =
    !durable.hasGrown &&
    life.closings.length === 0 &&
    found.every((each) => !each.startsWith('LATE_IDLE'));
  if (isExact) return differences('letters', letters, found);
  const places = new Set(found.map(placeOf));
  return letters.filter((each) => !places.has(placeOf(each))).map((each) => `no letter ${each}`);
}

const placeOf = (letter: string): string => letter.replace(/^\S+ /, '');

/** L1: every record counts once, however many lives it took. */
function ledgerFaults(
  { pipeline }: Schedule,
  expected: StreamOutcome,
  { durable, life }: Performance,
): string[] {
  const { plan, tally, windows, acks, ledger } = life.parts;
  const all = durable.logs.flat();
  const sizeOf = (...kinds: readonly StreamRecord['kind'][]): number =>
    all.filter(({ kind }) => kinds.includes(kind)).length;
  const lettersOf = (code: string): number =>
    expected.letters.filter((each) => each.startsWith(code)).length;
  const reached = sizeOf('good') - expected.duplicates - lettersOf('EXPRESSION');
  const equal = (what: string, is: number, wanted: number): string[] =>
    is === wanted ? [] : [`${what}: ${is} instead of ${wanted}`];
  const late = lettersOf('LATE');
  return [
    ...residuesOf(plan, tally, windows).map(({ at, text }) => `residue at ${at}: ${text}`),
    ...equal('records', total(tally.records), all.length - sizeOf('gap', 'tombstone')),
    ...equal('tombstones', total(tally.tombstones), sizeOf('tombstone')),
    ...equal('duplicates', total(tally.duplicates), expected.duplicates),
    ...pipelines[pipeline].rules.windows.flatMap(({ stage, reports }) => {
      const { merged, late: own, lateIdle, emitted } = windowCounts(tally, stage);
      return [
        ...equal(`${stage} in`, merged + own + lateIdle, reached),
        ...equal(`${stage} emitted`, emitted, expected.rows.get(stage)?.length ?? 0),
        ...(reports ? equal(`${stage} late`, own + lateIdle, late) : []),
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
