/** Rows that a server refused for their content become dead letters. */
import { buildRowJson } from '../core/row-json.ts';
import type { Acknowledgements } from '../graph/acknowledgements.ts';
import type { DeadLetterPort, RefusedRow } from '../graph/ports.ts';
import { type Tally, countLetters, countReported } from '../graph/tally.ts';
import type { Plan } from '../plan/planner.ts';
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
      const json = buildRowJson(plan.sinks.find((sink) => sink.name === name)?.columns ?? []);
      const letters = rows.map(({ batch, row, reason }): DeadLetter => {
        const { origin } = batch;
        const records = origin.kind === 'records' ? origin : null;
        return {
          code: 'REFUSED',
          reason,
          stage: name,
          source: origin.kind === 'records' ? origin.source : origin.stage,
          partition: records?.partition ?? -1,
          offset: records?.offsets[row] ?? -1,
          timestamp: null,
          key: null,
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
