/**
 * Running a task although workers may die: a task that fails is read and run again, then slice by
 * slice in halves, down to the record that cannot be survived, which becomes a dead letter.
 */
import { EngineError, messageOf } from '../errors.ts';
import type {
  DeadLetter,
  Reply,
  Slice,
  SliceReply,
  Task,
  WantedLetter,
} from '../../workers/protocol.ts';
import type { PoolPort, SourcePort } from './ports.ts';

/** Replies that together answer one frame, in the order of its slices and offsets. */
export interface Answer {
  readonly replies: readonly Reply[];
}

/** What is needed to read and run a piece again. */
export interface Rescue {
  readonly source: number;
  readonly name: string;
  readonly port: Pick<SourcePort, 'reread' | 'recycle'>;
  readonly pool: PoolPort;
  /** Called for every reply when it arrives, in the order its worker sent them. */
  readonly onReply: (reply: Reply) => void;
}

/**
 * Runs a task; on failure of the worker falls back to rereading. Rejects when rereading fails, and
 * with whatever is no failure of a worker (ENG_WORKER_FAILED): no record is to blame for that.
 */
export async function runTask(task: Task, rescue: Rescue): Promise<Answer> {
  try {
    return { replies: [await run(task, rescue)] };
  } catch (cause) {
    throwUnlessWorker(cause);
    const replies: Reply[] = [];
    // One after the other: a poisoned record must not take several threads at once.
    for (const slice of task.slices) replies.push(...(await runSlice(slice, task, rescue)));
    return { replies };
  }
}

async function runSlice(slice: Slice, task: Task, rescue: Rescue): Promise<Reply[]> {
  const { partition, firstOffset, nextOffset, maxEventTime } = slice;
  if (nextOffset <= firstOffset) return [];
  const frame = await rescue.port.reread(partition, firstOffset, nextOffset);
  const slices = frame.slices.map((again) => ({ ...again, maxEventTime }));
  try {
    return [await run({ ...task, buffer: frame.buffer, slices }, rescue)];
  } catch (cause) {
    throwUnlessWorker(cause);
    if (nextOffset - firstOffset === 1) return [await poisoned(slice, task, { rescue, cause })];
    const middle = firstOffset + Math.floor((nextOffset - firstOffset) / 2);
    const before = await runSlice({ ...slice, nextOffset: middle }, task, rescue);
    const after = { ...slice, firstOffset: middle, maxEventTime: maxOf(before, maxEventTime) };
    return [...before, ...(await runSlice(after, task, rescue))];
  }
}

/** Greatest event time of replies, at least `least`: what decides whether later records are late. */
const maxOf = (replies: readonly Reply[], least: number): number =>
  replies
    .flatMap(({ slices }) => slices)
    .reduce((most, { maxEventTime }) => Math.max(most, maxEventTime), least);

async function run(task: Task, { pool, port, onReply }: Rescue): Promise<Reply> {
  const reply = await pool.run(task);
  port.recycle?.(reply.buffer);
  onReply(reply);
  return reply;
}

function throwUnlessWorker(cause: unknown): void {
  if (!(cause instanceof EngineError) || cause.code !== 'ENG_WORKER_FAILED') throw cause;
}

/** The reply for a record that no worker survived: nothing but its dead letter. */
async function poisoned(
  slice: Slice,
  { wanted }: Task,
  { rescue, cause }: { readonly rescue: Rescue; readonly cause: unknown },
): Promise<Reply> {
  const { partition, firstOffset, nextOffset } = slice;
  const { name } = rescue;
  const bare: DeadLetter = {
    ...{ code: 'WORKER', reason: messageOf(cause), stage: name, source: name },
    ...{ partition, offset: firstOffset, timestamp: null, key: null, value: new Uint8Array(0) },
  };
  const letter = wanted === undefined ? await withBytes(bare, rescue) : bare;
  const reply: SliceReply = {
    partition,
    firstOffset,
    nextOffset,
    lastBatch: null,
    records: 1,
    tombstones: 0,
    maxEventTime: -Infinity,
    firstEventTime: null,
    counts: new Float64Array(0),
    partials: [],
    rows: [],
    letters: [letter],
    skipped: 0,
  };
  return { buffer: new ArrayBuffer(0), worker: -1, slices: [reply], dictionaries: [] };
}

/** The letter with the record's bytes, which a worker may survive to copy. */
async function withBytes(bare: DeadLetter, rescue: Rescue): Promise<DeadLetter> {
  const { code, reason, stage, partition, offset } = bare;
  // Letters of late records are never skipped, whatever the policy.
  const [found] = await askLetters([{ offset, code: 'LATE', reason, stage }], partition, rescue);
  return { ...(found ?? bare), code };
}

/**
 * The letters that are wanted of a partition's records, with their bytes; without them where no worker
 * survives to copy these. `wanted` is not empty. Rejects when the records cannot be read.
 */
export async function askLetters(
  wanted: readonly WantedLetter[],
  partition: number,
  rescue: Rescue,
): Promise<readonly DeadLetter[]> {
  const offsets = wanted.map(({ offset }) => offset);
  const first = offsets.reduce((least, offset) => Math.min(least, offset));
  const next = offsets.reduce((most, offset) => Math.max(most, offset)) + 1;
  const frame = await rescue.port.reread(partition, first, next);
  const task: Task = {
    source: rescue.source,
    buffer: frame.buffer,
    slices: frame.slices.map((slice) => ({ ...slice, maxEventTime: -Infinity })),
    ...{ marks: [], late: null, wanted },
  };
  const letters = lettersOf(await runTask(task, rescue));
  const lost = new Map(
    letters.flatMap((each) => (each.code === 'WORKER' ? [[each.offset, each]] : [])),
  );
  return [
    ...letters.filter(({ code }) => code !== 'WORKER'),
    ...wanted.flatMap((each) => {
      const bare = lost.get(each.offset);
      return bare === undefined ? [] : [{ ...bare, ...each }];
    }),
  ];
}

/** All letters of an answer. */
export const lettersOf = ({ replies }: Answer): readonly DeadLetter[] =>
  replies.flatMap((reply) => reply.slices.flatMap((slice) => slice.letters));
