/** The state of a window stage, filled through the program of a worker as records of a file would. */
import type { SourcePort } from '../../engine/graph/ports.ts';
import type { Plan, WindowNode } from '../../engine/plan/planner.ts';
import { compile } from '../../engine/run/compile.ts';
import { openRuntimes } from '../../engine/run/parts.ts';
import { workerProgram } from '../../engine/run/worker-program.ts';
import { SourceProgram } from '../../workers/program.ts';

const encoder = new TextEncoder();

/** A record: `at` in epoch ms. */
export interface StateRecord {
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

/** State, and the way into it. */
export interface WindowState {
  readonly plan: Plan;
  readonly node: WindowNode;
  readonly runtimes: ReturnType<typeof openRuntimes>;
  /** What the window holds and the keys of it, by their own account, bytes. */
  readonly sizeBytes: () => number;
  /** Takes in records, the next of the source. */
  readonly merge: (records: Iterable<StateRecord>) => void;
  /** Closes what a watermark ends. */
  readonly close: (watermark: number) => void;
  /** Forgets the program, so that only the state of the main thread is held. */
  readonly forgetWorker: () => void;
}

/** Opens the state of `window: …` and `aggregate: …`, by key. Throws where they do not compile. */
export function openWindowState(window: string, aggregate: string): WindowState {
  const { plan, report } = compile(`
name: window-state
sources:
  readings:
    file: { path: unread.ndjson }
    format: json
    schema: { key: string!, at: long!, value: double! }
    event_time: { column: at, unit: ms }
    watermark: { out_of_order: 1s }
stages:
  windows: { from: readings, window: ${window}, group_by: [key], aggregate: ${aggregate} }
sinks:
  out: { from: windows, stdout: {} }
limits: { keys: 10000000, memory: 64GiB }
`);
  if (plan === null) throw new Error(report);
  const port = { commit: () => Promise.resolve() } as unknown as SourcePort;
  const runtimes = openRuntimes(plan, [port]);
  const [own] = runtimes.windows;
  if (own === undefined) throw new Error('no window');
  const { keys, store, index, node } = own;
  let program: SourceProgram | null = new SourceProgram(workerProgram(plan), 0, 1);
  let offset = 0;
  return {
    ...{ plan, node, runtimes },
    sizeBytes: () => store.sizeBytes + keys.sizeBytes,
    close(watermark) {
      while (store.close(watermark, 5_000).more);
    },
    forgetWorker: () => (program = null),
    merge(records) {
      let text = '';
      const firstOffset = offset;
      for (const { key, at, value } of records) {
        text += `{"key":"${key}","at":${at},"value":${value}}\n`;
        offset++;
      }
      const bytes = encoder.encode(text);
      const slice = { partition: 0, start: 0, length: bytes.length, firstOffset };
      program ??= new SourceProgram(workerProgram(plan), 0, 1);
      // As it crosses from thread to thread.
      const reply = structuredClone(
        program.run({
          source: 0,
          buffer: bytes.buffer,
          slices: [{ ...slice, nextOffset: offset, maxEventTime: -Infinity }],
          marks: keys.marks(),
          late: null,
        }),
      );
      for (const { delta } of reply.dictionaries) keys.learn(reply.worker, delta);
      for (const table of reply.slices.flatMap(({ partials }) => partials)) {
        if (table.stage !== index) continue;
        keys.resolve(reply.worker, table);
        store.merge(table, -Infinity);
        keys.merged(table);
      }
    },
  };
}
