/** How a worker thread fails over a record; set up by inject.ts in the threads. */
import type { RecordTable } from '../../../workers/records.ts';
import type { Patch } from '../../patch.ts';

/** Name of the global function that inject.ts sets. */
export const FAIL_AT = '__engineFailAt';

/** Shows every portion of records to `FAIL_AT` before it is read. */
export const workerPatch: Patch = {
  file: 'workers/program.ts',
  find: 'this.#reader.read(records, slice, letters);',
  replace: `globalThis.${FAIL_AT}(records); this.#reader.read(records, slice, letters);`,
};

/** A deadline that a test can wait for. */
export const deadlinePatch: Patch = {
  file: 'engine/pool/pool.ts',
  find: 'const DEADLINE_MS = 60_000;',
  replace: 'const DEADLINE_MS = 1_500;',
};

/** The ways a thread can fail. */
export const workerFaults = ['throw', 'exit', 'heap', 'loop'] as const;

/** Fails as a record among these says: its value holds `fault:throw` and the like. */
export function failAt({ bytes, length, valueStart, valueEnd }: RecordTable): void {
  for (let i = 0; i < length; i++) {
    const value = Buffer.from(bytes.subarray(valueStart[i], valueEnd[i])).toString('latin1');
    const [, how] = /fault:(\w+)/.exec(value) ?? [];
    if (how === 'throw') throw new Error('thrown on purpose');
    if (how === 'exit') process.exit(7);
    if (how === 'heap') fillHeap();
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    if (how === 'loop') while (true) {}
  }
}

function fillHeap(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
}
