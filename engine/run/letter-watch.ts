/** The error policies that end a run: `fail`, and `stop_when`. */
import { EngineError } from '../errors.ts';
import type { ErrorPlan } from '../plan/planner.ts';
import type { DeadLetter } from '../../workers/protocol.ts';

/** Letters that are no fault of the data's form. */
const LATE: ReadonlySet<string> = new Set(['LATE', 'LATE_IDLE']);

/**
 * Watches dead letters as they come. Shares are taken over consecutive offsets of one partition:
 * whether a run stops depends on the log, and not on how much of it a frame holds or on what the
 * other partitions bring meanwhile.
 */
export class LetterWatch {
  readonly #errors: ErrorPlan;
  /** By source and partition. */
  readonly #recent = new Map<string, RecentOffsets>();

  constructor(errors: ErrorPlan) {
    this.#errors = errors;
  }

  /**
   * Throws EngineError ENG_RUN_FAILED for a letter whose policy is `fail`, ENG_RUN_STOPPED when too
   * large a share of the last `of_last` records of a partition became letters.
   */
  see(letters: readonly DeadLetter[]): void {
    const wrong = letters.filter(({ code }) => !LATE.has(code));
    for (const { code, reason, stage, source, partition, offset } of wrong) {
      const policy = code === 'EXPRESSION' ? this.#errors.expression : this.#errors.decode;
      if (policy !== 'fail') continue;
      const where = `${source} partition ${partition} offset ${offset}`;
      throw new EngineError('ENG_RUN_FAILED', `${where}, stage ${stage}: ${reason} (errors: fail)`);
    }
    // Letters of windows are about no record.
    this.#checkShare(wrong.filter(({ offset }) => offset >= 0));
  }

  #checkShare(letters: readonly DeadLetter[]): void {
    const { stopWhen } = this.#errors;
    if (stopWhen === null) return;
    const { share, ofLast } = stopWhen;
    // Letters of one batch come stage by stage.
    for (const { source, partition, offset } of letters.toSorted((a, b) => a.offset - b.offset)) {
      const key = `${partition} ${source}`;
      const recent = this.#recent.get(key) ?? new RecentOffsets();
      this.#recent.set(key, recent);
      recent.add(offset, ofLast);
      if (recent.count <= share * ofLast) continue;
      throw new EngineError(
        'ENG_RUN_STOPPED',
        `stopped by errors.stop_when: ${recent.count} of the last ${ofLast} records of ${source} partition ${partition} are dead letters, more than ${share * 100} %`,
      );
    }
  }
}

/** The distinct offsets among the last so many, in order. */
class RecentOffsets {
  #offsets: number[] = [];
  #head = 0;

  get count(): number {
    return this.#offsets.length - this.#head;
  }

  /** Adds an offset and forgets those that are `span` below the greatest. Amortised O(1) in order. */
  add(offset: number, span: number): void {
    let at = this.#offsets.length;
    while (at > this.#head && (this.#offsets[at - 1] as number) > offset) at--;
    if (at > this.#head && this.#offsets[at - 1] === offset) return;
    this.#offsets.splice(at, 0, offset);
    const greatest = this.#offsets.at(-1) as number;
    while ((this.#offsets[this.#head] as number) <= greatest - span) this.#head++;
    if (this.#head <= this.#offsets.length / 2) return;
    this.#offsets = this.#offsets.slice(this.#head);
    this.#head = 0;
  }
}
