/** Broken variants of the engine. A simulation that does not catch each of them proves nothing. */
import type { Patch } from './patch.ts';

/** One broken variant. */
export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  readonly patches: readonly Patch[];
}

const one = (
  name: string,
  rule: string,
  file: string,
  ...[find, replace]: readonly [string, string]
): Mutant => ({ name, rule, patches: [{ file, find, replace }] });

/** All of them. */
export const mutants: readonly Mutant[] = [
  one(
    'the offset in a snapshot is one too high',
    'R1',
    'engine/run/state.ts',
    'positions: [...positions],',
    'positions: [...positions].map(([p, at]) => [p, { ...at, nextOffset: at.nextOffset + 1 }]),',
  ),
  one(
    'the offset in a snapshot is one too low',
    'R1',
    'engine/run/state.ts',
    'positions: [...positions],',
    'positions: [...positions].map(([p, at]) => [p, { ...at, nextOffset: Math.max(0, at.nextOffset - 1) }]),',
  ),
  one(
    'a snapshot does not wait for acknowledgements',
    'R2',
    'engine/run/checkpointer.ts',
    '        acknowledged,\n',
    '',
  ),
  one(
    'a snapshot does not name what sinks prepared',
    'R2',
    'engine/run/checkpointer.ts',
    'handles: Object.fromEntries(named)',
    'handles: {}',
  ),
  one(
    'sinks commit before the snapshot is on disk',
    'R2',
    'engine/run/checkpointer.ts',
    '      await this.#write({',
    '      for (const [i, sink] of sinks.entries()) await sink.commit?.(handles[i]);\n      await this.#write({',
  ),
  one(
    'sinks never commit',
    'R2',
    'engine/run/checkpointer.ts',
    'for (const [i, sink] of sinks.entries()) await sink.commit?.(handles[i]);',
    '',
  ),
  one(
    'panes go on changing while a snapshot is written',
    'R1',
    'engine/core/window/shared-panes.ts',
    'for (const table of tables) table.shares++;',
    'for (const table of tables) table.shares += 0;',
  ),
  {
    // Each of the two would be made good by the other.
    name: 'a restart forgets the closed and forced frontiers, and the watermark behind them',
    rule: 'R1',
    patches: [
      {
        file: 'engine/core/window/store.ts',
        find: '    this.#closedFrontier = state.closedFrontier;\n    this.#forcedFrontier = state.forcedFrontier;\n',
        replace: '',
      },
      {
        file: 'engine/core/time/watermark.ts',
        find: '    this.#watermark = instantFromJson(watermark);\n',
        replace: '',
      },
    ],
  },
  one(
    'a restart forgets the watermarks',
    'R1',
    'engine/run/state.ts',
    'clock.restore(awake(saved.clock));',
    '',
  ),
  one(
    'a restart forgets the counters',
    'L1',
    'engine/run/state.ts',
    'return tallyFromJson(header.tally);',
    'return tallyFromJson({});',
  ),
  one(
    'a restart forgets what dedups have seen',
    'R1',
    'engine/run/state.ts',
    'return { bucket, buffers: [times, ends, bytes] };',
    'return { bucket, buffers: [times.slice(0, 0), ends.slice(0, 0), bytes.slice(0, 0)] };',
  ),
  one(
    'late is decided by the watermark of all partitions',
    'W2',
    'engine/graph/source-flow.ts',
    'watermarkBefore: clock.watermarkOf(partition)',
    'watermarkBefore: clock.watermark()',
  ),
  one(
    'late is decided inside a batch only',
    'W2',
    'engine/graph/source-flow.ts',
    'watermarkBefore: clock.watermarkOf(partition)',
    'watermarkBefore: -Infinity',
  ),
  one(
    'late is decided before a batch only',
    'W2',
    'engine/core/window/merge.ts',
    'const own = Math.max(skip, assigner',
    'const own = Math.max(0, assigner',
  ),
  one(
    'windows close at the greatest watermark, not the least',
    'T4',
    'engine/core/time/watermark.ts',
    'else active = Math.min(active, max);',
    'else active = active === Infinity ? max : Math.max(active, max);',
  ),
  one(
    'rows that idleness let out leave before their snapshot',
    'T5',
    'engine/graph/window-flow.ts',
    'return concat(from(durable()).pipe(ignoreElements()), of(forced));',
    'durable().catch(() => undefined);\n      return of(forced);',
  ),
  one(
    'what idleness condemned takes records again',
    'W4',
    'engine/core/window/store.ts',
    'return Math.max(this.#closedFrontier, this.#forcedFrontier);',
    'return -Infinity;',
  ),
  one(
    'batches still with the threads are dropped at the end',
    'R7',
    'engine/graph/operators/in-order.ts',
    'if (this.#ended && this.#slots.length === 0 && this.#waiting.length === 0) {',
    'if (this.#ended) {',
  ),
  one(
    'replies are merged in the order they come',
    'O1',
    'engine/graph/operators/in-order.ts',
    'next: (result) => slot.results.push(result),',
    'next: (result) => this.#subscriber.next(result),',
  ),
  one(
    'a batch that is lost with its thread is not read again',
    'R1',
    'engine/graph/rescue.ts',
    'for (const slice of task.slices) replies.push(',
    'for (const slice of task.slices.slice(1)) replies.push(',
  ),
  one(
    'a snapshot does not wait for letters that are read again',
    'R1',
    'engine/graph/late-letters.ts',
    'acknowledge: acks.begin(),',
    'acknowledge: () => undefined,',
  ),
  one(
    'bytes of merged frames are not given back',
    'liveness',
    'engine/graph/source-flow.ts',
    'ledger.frames.refund(event.frameBytes);',
    '',
  ),
  one(
    'a source that was paused for want of room stays so',
    'liveness',
    'engine/graph/valve.ts',
    'this.#port.resume();',
    '',
  ),
  one(
    'partitions that were ahead stay paused',
    'T6',
    'engine/graph/valve.ts',
    'if (resume.length > 0) this.#port.resume(resume);',
    '',
  ),
  one(
    'time does not go on when all partitions are idle',
    'T5',
    'engine/core/time/watermark.ts',
    'greatest + polledMs : active',
    'greatest : active',
  ),
  one(
    'records that wait for room are forgotten',
    'liveness',
    'engine/graph/operators/paced.ts',
    'while (!held && !subscriber.closed) {',
    'if (!held && !subscriber.closed) {',
  ),
  one(
    'offsets are committed before the snapshot that has them',
    'R4',
    'engine/run/checkpointer.ts',
    'const saved = cut.header.sources[node.name]?.positions ?? [];',
    'const saved = [...(state.sources.find((one) => one.node === node)?.positions ?? [])];',
  ),
  one(
    'a partition that was idle is so after a restart',
    'T5',
    'engine/run/state.ts',
    'clock.restore(awake(saved.clock));',
    'clock.restore(saved.clock);',
  ),
  one(
    'partitions are idle at their first empty fetch',
    'T5',
    'engine/core/time/watermark.ts',
    '(state.empty || state.polledMs >= this.#idleMs)',
    '(state.empty || state.polledMs >= 0)',
  ),
  one(
    'a partition that was idle stays so when records come',
    'T5',
    'engine/core/time/watermark.ts',
    '    state.empty = false;\n    state.idle = false;\n',
    '    state.empty = false;\n',
  ),
  one(
    'records of the future move the watermark',
    'T3',
    'workers/read.ts',
    "letters.add('FUTURE', futureReason(time, timestamp), i);",
    "letters.add('FUTURE', futureReason(time, timestamp), i);\n        max = Math.max(max, time);",
  ),
  one(
    'records behind the range that is read again count',
    'R1',
    'workers/decode-kafka.ts',
    ' || recordOffset >= slice.nextOffset) continue;',
    ') continue;',
  ),
  one(
    'of a batch that kills its thread only the first half is saved',
    'L1',
    'engine/graph/rescue.ts',
    'return [...before, ...(await runSlice(after, task, rescue))];',
    'await runSlice(after, task, rescue);\n    return before;',
  ),
  one(
    'keys of batches that wait for their turn are not renumbered',
    'W9',
    'engine/graph/key-space.ts',
    'for (const { key, length } of this.#waiting) renumber(key, length, map);',
    '',
  ),
  one(
    'windows that close together are left after the first portion',
    'W3',
    'engine/graph/window-flow.ts',
    'more = closed.more;',
    'more = false;',
  ),
  one(
    'a snapshot counts what comes after it',
    'L1',
    'engine/graph/tally.ts',
    "[name, typeof value === 'object' ? { ...value } : value]",
    '[name, value]',
  ),
  one(
    'a snapshot does not wait for letters of what fails below a dedup',
    'R1',
    'engine/graph/wanted-letters.ts',
    'acknowledge: acks.begin() }',
    'acknowledge: () => undefined }',
  ),
  one(
    'what a dedup forgets goes by the watermark inside the batch only',
    'O2',
    'engine/graph/dedup-flow.ts',
    'Math.max(max, maxBefore)',
    'Math.max(max, -Infinity)',
  ),
];
