/**
 * Which records made a row: recomputed from the log, by the rules that decided it (W1 to W3).
 *
 *     partition 0  ──●──●────────▲──○──        ● merged   ○ late for the window
 *     partition 1  ●────────●──────────▲       ▲ lets the partition's watermark reach end + grace
 *
 * The window closes when the last of the partitions is there. What idleness closed before (T5) is not
 * in the log.
 */
import { type Vector, cellOf } from '../core/batch.ts';
import type { SourcePort } from '../graph/ports.ts';
import { matches } from '../io/table/condition.ts';
import { type LogRanges, type ScannedSlice, scanLog } from './log-scan.ts';
import { EVERY, type Question, REACH } from './why-plan.ts';

/** The record from which on others are late. Instants are epoch ms. */
export interface ClosingRecord {
  readonly offset: number;
  readonly eventTime: number;
  /** Of the broker, or null. */
  readonly timestamp: number | null;
}

/** One partition's part of a row. */
export interface WhyPartition {
  readonly partition: number;
  /** Offsets [first, next) of the log that were read. */
  readonly read: { readonly first: number; readonly next: number };
  /** Offsets of the row's records, ascending. */
  readonly merged: readonly number[];
  readonly late: readonly number[];
  /** Records between the first and the last of those that cannot be read or failed in a stage above. */
  readonly deadLetters: number;
  /** Null: its watermark has not got to the window's end + grace. */
  readonly closing: ClosingRecord | null;
  /** At the end of what was read; null without records. */
  readonly watermark: number | null;
}

/** Recomputes a row's records from ranges of the log. */
export async function explainRow(
  question: Question,
  port: Pick<SourcePort, 'reread' | 'recycle'>,
  ranges: LogRanges,
): Promise<readonly WhyPartition[]> {
  const found = new Map(
    Array.from(ranges, ([partition, read]) => [partition, new Evidence(partition, read, question)]),
  );
  await scanLog(question.probe, port, ranges, (slice) => found.get(slice.partition)?.add(slice));
  return Array.from(found.values(), (evidence) => evidence.take());
}

/** What a partition says. */
class Evidence {
  readonly #partition: number;
  readonly #read: WhyPartition['read'];
  readonly #question: Question;
  /** Event time that lets the partition's watermark reach the window's end + grace. */
  readonly #closesAt: number;
  readonly #outOfOrderMs: number;
  readonly #reached: number[] = [];
  readonly #letters = new Set<number>();
  #closing: ClosingRecord | null = null;
  #max = -Infinity;

  constructor(partition: number, read: WhyPartition['read'], question: Question) {
    const { window, probe } = question;
    this.#partition = partition;
    this.#read = read;
    this.#question = question;
    this.#outOfOrderMs = probe.sources[0]?.watermark.outOfOrderMs ?? 0;
    this.#closesAt =
      window === null ? Infinity : window.end + window.node.graceMs + this.#outOfOrderMs;
  }

  add({ rows, letters, maxEventTime }: ScannedSlice): void {
    this.#max = Math.max(this.#max, maxEventTime);
    for (const { offset } of letters) this.#letters.add(offset);
    for (const { sink, batch } of rows) {
      if (batch.origin.kind !== 'records') continue;
      if (sink === EVERY) this.#look(batch.origin);
      if (sink !== REACH) continue;
      const { offsets, eventTimes } = batch.origin;
      for (let row = 0; row < batch.length; row++) {
        if (!this.#isIn(eventTimes[row] as number)) continue;
        if (this.#meets(batch.vectors, row)) this.#reached.push(offsets[row] as number);
      }
    }
  }

  take(): WhyPartition {
    const closing = this.#closing;
    const isLate = (offset: number): boolean => closing !== null && offset > closing.offset;
    const [first = Infinity, last = first] = [this.#reached[0], this.#reached.at(-1)];
    return {
      ...{ partition: this.#partition, read: this.#read, closing },
      merged: this.#reached.filter((offset) => !isLate(offset)),
      late: this.#reached.filter(isLate),
      deadLetters: [...this.#letters].filter((offset) => offset > first && offset < last).length,
      watermark: Number.isFinite(this.#max) ? this.#max - this.#outOfOrderMs : null,
    };
  }

  /** Looks for the record from which on others are late. */
  #look(origin: {
    readonly offsets: Float64Array;
    readonly eventTimes: Float64Array;
    readonly timestamps?: Float64Array;
  }): void {
    if (this.#closing !== null) return;
    const { offsets, eventTimes, timestamps } = origin;
    const at = eventTimes.findIndex((time) => time >= this.#closesAt);
    if (at < 0) return;
    const timestamp = timestamps?.[at] ?? NaN;
    this.#closing = {
      offset: offsets[at] as number,
      eventTime: eventTimes[at] as number,
      timestamp: Number.isNaN(timestamp) ? null : timestamp,
    };
  }

  #isIn(eventTime: number): boolean {
    const { window } = this.#question;
    if (window === null) return true;
    const { assigner, number } = window;
    const pane = assigner.paneOf(eventTime);
    return assigner.firstWindowOf(pane) <= number && number <= assigner.lastWindowOf(pane);
  }

  #meets(vectors: readonly Vector[], row: number): boolean {
    const { conditions, probe } = this.#question;
    const columns = probe.sinks[REACH]?.columns ?? [];
    return conditions.every((condition) => {
      const vector = vectors[columns.findIndex(({ name }) => name === condition.column)];
      return vector !== undefined && matches(cellOf(vector, row), condition);
    });
  }
}
