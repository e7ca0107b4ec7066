/** The error policies that end a run: `fail`, and `stop_when`. */
import { EngineError } from '../errors.ts';
import { type Tally, total } from '../graph/tally.ts';
import type { ErrorPlan } from '../plan/planner.ts';
import type { DeadLetter } from '../../workers/protocol.ts';

/** Letters that are no fault of the data's form. */
const LATE: ReadonlySet<string> = new Set(['LATE', 'LATE_IDLE']);

/** Watches dead letters as they come. */
export class LetterWatch {
  readonly #errors: ErrorPlan;
  readonly #tally: Tally;
  #blockRecords = 0;
  #blockLetters = 0;

  constructor(errors: ErrorPlan, tally: Tally) {
    this.#errors = errors;
    this.#tally = tally;
    this.#blockRecords = total(tally.records);
  }

  /**
   * Throws EngineError ENG_RUN_FAILED for a letter whose policy is `fail`, ENG_RUN_STOPPED when too
   * large a share of the last records (counted in blocks of `of_last`) became letters.
   */
  see(letters: readonly DeadLetter[]): void {
    for (const { code, reason, stage, source, partition, offset } of letters) {
      if (LATE.has(code)) continue;
      this.#blockLetters++;
      const policy = code === 'EXPRESSION' ? this.#errors.expression : this.#errors.decode;
      if (policy !== 'fail' || code === 'REFUSED') continue;
      const where = `${source} partition ${partition} offset ${offset}`;
      throw new EngineError('ENG_RUN_FAILED', `${where}, stage ${stage}: ${reason} (errors: fail)`);
    }
    this.#checkShare();
  }

  #checkShare(): void {
    const { stopWhen } = this.#errors;
    if (stopWhen === null) return;
    const { share, ofLast } = stopWhen;
    if (this.#blockLetters > share * ofLast) {
      const percent = `${share * 100} %`;
      throw new EngineError(
        'ENG_RUN_STOPPED',
        `stopped by errors.stop_when: ${this.#blockLetters} of the last ${ofLast} records at most are dead letters, more than ${percent}`,
      );
    }
    const records = total(this.#tally.records);
    if (records - this.#blockRecords < ofLast) return;
    this.#blockRecords = records;
    this.#blockLetters = 0;
  }
}
