/** Rows that a server refused for their content become dead letters. */
import { type Column, type RowBatch, cellOf } from '../core/batch.ts';
import { buildRowJson, cellJson } from '../core/row-json.ts';
import type { Acknowledgements } from '../graph/acknowledgements.ts';
import type { DeadLetterPort, RefusedRow } from '../graph/ports.ts';
import { type Tally, countLetters, countReported } from '../graph/tally.ts';
import type { Plan } from '../plan/planner.ts';
import { identifyingBoundsOf } from '../plan/window-shape.ts';
import type { DeadLetter } from '../../workers/protocol.ts';

/** Writes refused rows; `open` names their place. */
export interface RefusalWriter {
  write(sink: string, rows: readonly RefusedRow[]): void;
  open(port: DeadLetterPort): void;
}

/** A writer whose letters hold back snapshots until they are written. */
export function refusalWriter(plan: Plan, acks: Acknowledgements, tally: Tally): RefusalWriter {
  let place: DeadLetterPort | null = null;
  return {
    open: (port) => (place = port),
    write(name, rows) {
      const { columns = [], input = '' } = plan.sinks.find((sink) => sink.name === name) ?? {};
      const json = buildRowJson(columns);
      const keyOf = buildKey(columns, identityOf(plan, input));
      const letters = rows.map(({ batch, row, reason }): DeadLetter => {
        const { origin } = batch;
        const records = origin.kind === 'records' ? origin : null;
        const index = records?.indexes?.[row];
        return {
          code: 'REFUSED',
          reason,
          stage: name,
          source: origin.kind === 'records' ? origin.source : origin.stage,
          partition: records?.partition ?? -1,
          offset: records?.offsets[row] ?? -1,
          ...(index !== undefined && { index }),
          timestamp: null,
          // What the id of a row that has no offset is made of (R6).
          key: records === null ? new TextEncoder().encode(keyOf(batch, row)) : null,
          value: new TextEncoder().encode(json(batch, row)),
        };
      });
      if (place === null) throw new Error('a row was refused before the run had begun');
      for (const letter of letters) countLetters(tally, 'REFUSED', 1, letter);
      // Not acknowledged when it fails: the snapshot then waits, and the port has stopped the run.
      const acknowledge = acks.begin();
      void place.write(letters).then(() => {
        countReported(tally, letters);
        acknowledge();
      });
    },
  };
}

/** Columns that identify the rows of the window stage above; none for rows of records. */
function identityOf(plan: Plan, input: string): readonly string[] {
  const stage = plan.stages.find(({ name }) => name === input);
  if (stage === undefined) return [];
  if (stage.kind === 'record') return identityOf(plan, stage.input);
  return [...stage.keys, ...identifyingBoundsOf(stage.shape.kind)].map(({ name }) => name);
}

/** The JSON array of a row's cells in the columns named, as far as the sink has them. */
function buildKey(
  columns: readonly Column[],
  identity: readonly string[],
): (batch: RowBatch, row: number) => string {
  const keys = columns.flatMap(({ name, type }, at) =>
    identity.includes(name) ? [{ type, at }] : [],
  );
  return ({ vectors }, row) => {
    const cells = keys.map(({ type, at }) => {
      const vector = vectors[at];
      return cellJson(type, vector === undefined ? null : cellOf(vector, row));
    });
    return `[${cells.join(',')}]`;
  };
}
