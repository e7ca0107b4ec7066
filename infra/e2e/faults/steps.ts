/**
 * Where an engine can be killed: labels, and the source text they stand before. Nothing of it is in
 * the engine: the text is changed as the process under test loads it (inject.ts).
 */
import type { Patch } from '../../patch.ts';

/** A step of a run that a test can end the process at. */
export interface Step {
  readonly label: string;
  readonly patches: readonly Patch[];
  /** The process is killed when it comes here for the nth time, 1 ≤ n ≤ `most`. */
  readonly most: number;
}

/** Name of the global function that inject.ts sets. */
export const AT_STEP = '__engineAtStep';

const call = (label: string): string => `globalThis.${AT_STEP}('${label}');`;

/** A step directly before a piece of text, or behind it; `also` is what it takes to come there. */
function step(
  label: string,
  file: string,
  find: string,
  { most = 1, behind = false, also = [] }: Rules = {},
): Step {
  const replace = behind ? `${find} ${call(label)}` : `${call(label)} ${find}`;
  return { label, patches: [{ file, find, replace }, ...also], most };
}

interface Rules {
  readonly most?: number;
  readonly behind?: boolean;
  readonly also?: readonly Patch[];
}

const GRAPH = 'engine/graph';
const RUN = 'engine/run';
const DIRECTORY = 'engine/io/checkpoint/state-directory.ts';
const STORE = 'engine/io/checkpoint/snapshot-store.ts';

/** All steps, from the frame that was read to the offsets that are committed. */
export const steps: readonly Step[] = [
  step('answered', `${GRAPH}/source-flow.ts`, 'ledger.frames.refund(event.frameBytes);'),
  step('after-merge', `${GRAPH}/window-flow.ts`, 'counts.merged += merge.merged;', { most: 3 }),
  step('windows-closed', `${GRAPH}/closing.ts`, 'counts.emitted += closed.length;'),
  step('before-write', `${GRAPH}/operators/write-to.ts`, 'account.charge(bytes);', { most: 4 }),
  step('after-ack', `${GRAPH}/operators/write-to.ts`, 'onWritten(batch);', { most: 3 }),
  step(
    'mid-flush',
    'engine/io/cassandra/dispatch.ts',
    'await this.#delivery.execute(group);\n      this.#delivery.onDelivered(group);',
    { most: 40 },
  ),
  step('before-ceiling', DIRECTORY, 'renameSync(`${file}.tmp`, file);', {
    // Else the first ceiling, perhaps taken before anything was read, would do for the whole run.
    also: [
      {
        file: DIRECTORY,
        find: 'const RESERVE_MICROS = 10_000_000n;',
        replace: 'const RESERVE_MICROS = 1_000n;',
      },
    ],
  }),
  step('after-cut', `${RUN}/checkpointer.ts`, 'const acknowledged = acks.cut();', {
    most: 2,
    behind: true,
  }),
  step('before-snapshot-write', `${RUN}/checkpointer.ts`, 'const named = plan.sinks.map', {
    most: 2,
  }),
  step('mid-snapshot-write', STORE, 'await writeAll(handle, [sum]);', { most: 2 }),
  step('before-snapshot-rename', STORE, 'await rename(`${target}.tmp`, target);', { most: 2 }),
  step('after-snapshot-rename', STORE, 'await syncDirectory(this.#directory);', { most: 2 }),
  step('before-sink-commit', `${RUN}/checkpointer.ts`, 'for (const [i, sink] of sinks.entries())', {
    most: 2,
  }),
  step(
    'before-frontiers',
    `${RUN}/checkpointer.ts`,
    'await this.#parts.frontiers?.publish(closed);',
    { most: 2 },
  ),
  step('before-commit', `${RUN}/checkpointer.ts`, 'return port.commit(', { most: 2 }),
  step('before-last-snapshot', `${RUN}/run.ts`, 'await checkpointer.take(natural);'),
  step('before-provisional-rows', `${RUN}/run.ts`, 'const provisional = isTimed && !natural &&'),
];
