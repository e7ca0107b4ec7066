/**
 * The file Piscina loads in every thread: hands tasks to what workers/entry has compiled and marks the
 * reply's buffers as moved, since only Piscina's own `move` makes a result transferable.
 */
import { move, workerData } from 'piscina';
import type { Vector } from '../core/batch.ts';
import type { DedupTable, Reply, Start, Task } from '../../workers/protocol.ts';
import { resolveOwnImports } from '../own-imports.ts';

resolveOwnImports();
const { compile } = await import('../../workers/entry.ts');
type Program = Parameters<typeof compile>[0];

const { program } = workerData as Start;
let handle = program === null ? null : await compile(program as Program);

type View = Float64Array | Uint8Array | Int32Array;

const transferable: symbol = Symbol.for('Piscina.transferable');
const valueOf: symbol = Symbol.for('Piscina.valueOf');

/** Runs one task, or compiles the program that this thread was not started with. */
export default function run(task: Task | Start): unknown {
  if ('program' in task) return open(task.program);
  if (handle === null) throw new Error('a task came before the program');
  const reply = handle(task);
  const carrier = { [transferable]: buffersOf(reply), [valueOf]: reply };
  return move(carrier as unknown as Parameters<typeof move>[0]);
}

async function open(given: unknown): Promise<void> {
  if (given !== null) handle = await compile(given as Program);
}

/** Every ArrayBuffer of a reply, once. */
function buffersOf(reply: Reply): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>([reply.buffer]);
  const add = (view: { buffer: ArrayBufferLike; byteLength: number }): void => {
    if (view.buffer instanceof ArrayBuffer && view.byteLength > 0) buffers.add(view.buffer);
  };
  for (const { delta } of reply.dictionaries) {
    add(delta.ends);
    add(delta.bytes);
  }
  for (const slice of reply.slices) {
    for (const partial of slice.partials) {
      for (const column of [partial.key, partial.pane, partial.skip, partial.count]) add(column);
      for (const column of partial.numbers) add(column);
      if (partial.index !== undefined) add(partial.index);
      for (const { lengths, bytes } of partial.collections) [lengths, bytes].forEach(add);
    }
    for (const table of slice.dedups ?? []) for (const view of dedupViews(table)) add(view);
    for (const { batch } of slice.rows) {
      if (batch.origin.kind === 'records') {
        add(batch.origin.offsets);
        add(batch.origin.eventTimes);
        if (batch.origin.timestamps !== undefined) add(batch.origin.timestamps);
        if (batch.origin.indexes !== undefined) add(batch.origin.indexes);
      }
      for (const vector of batch.vectors) for (const view of viewsOf(vector)) add(view);
    }
  }
  return [...buffers];
}

const dedupViews = ({ entries, key, vectors, ...columns }: DedupTable): View[] => [
  ...[entries.ends, entries.bytes, key],
  ...[columns.offsets, columns.eventTimes, columns.timestamps, columns.before],
  ...vectors.flatMap(viewsOf),
];

function viewsOf(vector: Vector): View[] {
  if (vector.kind === 'text') return [];
  if (vector.kind === 'bytes') return [vector.bytes, vector.start, vector.end];
  return vector.valid === null ? [vector.values] : [vector.values, vector.valid];
}
