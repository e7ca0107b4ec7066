/**
 * A source's log read once more, outside of any run and any consumer group: ranges of it through the
 * program of the workers, then what dedups leave, partition by partition. Nothing is written.
 */
import { SourceProgram } from '../../workers/program.ts';
import type { DeadLetter, SliceReply } from '../../workers/protocol.ts';
import { openDedupFlow } from '../graph/dedup-flow.ts';
import { openDedups } from '../graph/dedup-state.ts';
import type { Frame, SourcePort } from '../graph/ports.ts';
import { openTally } from '../graph/tally.ts';
import type { Plan } from '../plan/planner.ts';
import { workerProgram } from './worker-program.ts';

/** Offsets [first, next) by partition. */
export type LogRanges = ReadonlyMap<number, { readonly first: number; readonly next: number }>;

/** What came of a part of a partition. */
export type ScannedSlice = Pick<SliceReply, 'partition' | 'rows' | 'letters' | 'maxEventTime'>;

type Rereader = Pick<SourcePort, 'reread' | 'recycle'>;

/** The logs of sources by name, to be read once more. */
export type SourceLogs = ReadonlyMap<
  string,
  { readonly port: Rereader; readonly ranges: LogRanges }
>;

const FIRST_RECORDS = 1_000;
const MOST_RECORDS = 50_000;
const BYTES_AT_ONCE = 4 << 20;

/**
 * Runs ranges of the only source of a plan without windows. Parts of a partition come in the order of
 * their offsets. Throws EngineError when the log does not hold a range any more.
 */
export async function scanLog(
  plan: Plan,
  port: Rereader,
  ranges: LogRanges,
  onSlice: (slice: ScannedSlice) => void,
): Promise<void> {
  const program = new SourceProgram(workerProgram(plan), 0, 0);
  const rest = openRest(plan);
  for (const [partition, range] of ranges) {
    let max = -Infinity;
    for await (const frame of framesOf(port, partition, range)) {
      for (const reply of run(program, frame, max)) {
        const merged = rest(reply, max);
        max = Math.max(max, reply.maxEventTime);
        onSlice(merged);
      }
      port.recycle?.(frame.buffer);
    }
  }
}

/** Offsets [first, next) of a partition, a few megabytes at a time. */
export async function* framesOf(
  port: Pick<Rereader, 'reread'>,
  partition: number,
  { first, next }: { readonly first: number; readonly next: number },
): AsyncGenerator<Frame, void> {
  let records = FIRST_RECORDS;
  for (let at = first; at < next;) {
    const until = Math.min(next, at + records);
    const frame = await port.reread(partition, at, until);
    const bytes = frame.buffer.byteLength;
    records = Math.ceil((BYTES_AT_ONCE / Math.max(1, bytes)) * (until - at));
    records = Math.min(MOST_RECORDS, Math.max(1, records));
    at = until;
    yield frame;
  }
}

const run = (
  program: SourceProgram,
  { buffer, slices }: Frame,
  maxEventTime: number,
): readonly SliceReply[] =>
  program.run({
    ...{ source: 0, buffer, marks: [], late: null },
    slices: slices.map((slice) => ({ ...slice, maxEventTime })),
  }).slices;

/** What the main thread does behind the workers: the dedups, with the exact watermark. */
function openRest(plan: Plan): (reply: SliceReply, maxBefore: number) => ScannedSlice {
  const [source] = plan.sources;
  const { name = '', watermark } = source ?? {};
  const outOfOrderMs = watermark?.outOfOrderMs ?? 0;
  const dedups = openDedups(plan);
  const context = { plan, tally: openTally(), dedups, windows: [] };
  const flow = openDedupFlow({ name, outOfOrderMs }, context);
  return (reply, maxBefore) => {
    const slice = { reply, maxBefore, watermarkBefore: maxBefore - outOfOrderMs };
    const none = { active: -Infinity, settled: -Infinity, greatest: -Infinity, polledMs: 0 };
    const merged = { source: name, slices: [slice], times: none, startsAt: -Infinity };
    return flow(merged).slices[0]?.reply ?? reply;
  };
}

/** A record as it lies in the log. */
export type LogRecord = Pick<DeadLetter, 'partition' | 'offset' | 'timestamp' | 'key' | 'value'>;

/** Offsets that are read together even when others lie between them. */
const NEAR = 500;

/** The records at some offsets of a partition, ascending. */
export async function recordsAt(
  plan: Plan,
  port: Rereader,
  partition: number,
  offsets: readonly number[],
): Promise<readonly LogRecord[]> {
  const program = new SourceProgram(plan, 0, 0);
  const found: LogRecord[] = [];
  for (let at = 0; at < offsets.length;) {
    const first = offsets[at] as number;
    const some = offsets.slice(at).filter((offset) => offset < first + NEAR);
    const frame = await port.reread(partition, first, (some.at(-1) ?? first) + 1);
    const { slices } = program.run({
      ...{ source: 0, buffer: frame.buffer, marks: [], late: null },
      slices: frame.slices.map((slice) => ({ ...slice, maxEventTime: -Infinity })),
      // Letters of this code are never skipped; nothing else is wanted of them but their bytes.
      wanted: some.map((offset) => ({ offset, code: 'LATE', reason: '', stage: '' })),
    });
    found.push(...slices.flatMap(({ letters }) => letters));
    at += some.length;
  }
  return found;
}
