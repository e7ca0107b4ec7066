/**
 * Deterministic ids of rows (R6): a row that is written again after a crash carries the same one, so
 * that readers of at-least-once sinks can tell.
 */
import { cellOf, type Column, type RowBatch } from './batch.ts';
import { cellJson } from './row-json.ts';

/** Stands among the columns of an identity for the window stage; no column is called so. */
export const STAGE = '';

/** What makes up the ids of a sink's rows. */
export interface RowIdParts {
  readonly pipeline: string;
  readonly sink: string;
  readonly columns: readonly Column[];
  /**
   * Names of the columns that identify a window row: the group keys and `window_start`, and STAGE
   * where windows are told apart by name. Those the
   * sink does not write are left out; null stands for all columns.
   */
  readonly identity: readonly string[] | null;
}

/**
 * Builds the function that gives row `row` of a batch its id: a JSON array of pipeline, sink and then
 * source, partition and offset of a record (and the number of a row that an explode made of it), or the
 * identity of a window row (and the number of a row that an explode made of it).
 */
export function buildRowId(parts: RowIdParts): (batch: RowBatch, row: number) => string {
  const { columns, identity } = parts;
  const head = `[${JSON.stringify(parts.pipeline)},${JSON.stringify(parts.sink)}`;
  const named = columns.map((column, index) => ({ ...column, index }));
  const isOfSeveral = identity?.includes(STAGE) === true;
  const keys = identity === null ? named : named.filter(({ name }) => identity.includes(name));
  return (batch, row) => {
    const { origin } = batch;
    if (origin.kind === 'records') {
      const { source, partition, offsets, indexes } = origin;
      const element = indexes === undefined ? '' : `,${String(indexes[row])}`;
      return `${head},${JSON.stringify(source)},${partition},${String(offsets[row])}${element}]`;
    }
    let id = isOfSeveral ? `${head},${JSON.stringify(origin.stage)}` : head;
    for (const { type, index } of keys) {
      const vector = batch.vectors[index];
      id += `,${cellJson(type, vector === undefined ? null : cellOf(vector, row))}`;
    }
    const { indexes } = origin;
    return indexes === undefined ? `${id}]` : `${id},${String(indexes[row])}]`;
  };
}
