/**
 * Which records made a row: recomputed from the log, by the rules that decided it (W1 to W3, W6, W7).
 *
 *     partition 0  ──●──●────────▲──○──        ● merged   ○ late for the window
 *     partition 1  ●────────●──────────▲       ▲ lets the partition's watermark reach end + grace
 *
 * The window closes when the last of the partitions is there. What idleness closed before (T5) is not
 * in the log.
 */
import { type RowBatch, type Vector, cellOf } from '../core/batch.ts';
import type { SourcePort } from '../graph/ports.ts';
import { matches } from '../io/table/condition.ts';
import type { Plan } from '../plan/planner.ts';
import { type LogRanges, type ScannedSlice, scanLog } from './log-scan.ts';
import { EVERY, type Question, REACH } from './why-plan.ts';

/** The record from which on others are late. Instants are epoch ms. */
export interface ClosingRecord {
  readonly offset: number;
  readonly eventTime: number;
  /** Of the broker, or null. */
  readonly timestamp: number | null;
}

/** A record that reaches the window: an exploded one does once for each element. */
export interface ReachingRecord {
  readonly offset: number;
  readonly eventTime: number;
  readonly isLate: boolean;
}

/** One partition's part of a row. */
export interface WhyPartition {
  /** Name of the source. */
  readonly source: string;
  readonly partition: number;
  /** Offsets [first, next) of the log that were read. */
  readonly read: { readonly first: number; readonly next: number };
  /** In the order of their offsets. */
  readonly records: readonly ReachingRecord[];
  /** Records between the first and the last of those that cannot be read or failed in a stage above. */
  readonly deadLetters: number;
  /** Null: its watermark has not got to the window's end + grace. */
  readonly closing: ClosingRecord | null;
  /** At the end of what was read; null without records. */
  readonly watermark: number | null;
}

/** A source's log, to be read once more. */
export interface SourceLog {
  readonly port: Pick<SourcePort, 'reread' | 'recycle'>;
  readonly ranges: LogRanges;
}

/** Recomputes a row's records from ranges of the logs, in the order of the question's probes. */
export async function explainRow(
  question: Question,
  logs: readonly SourceLog[],
): Promise<readonly WhyPartition[]> {
  const parts: WhyPartition[] = [];
  for (const [i, probe] of question.probes.entries()) {
    const { port, ranges } = logs[i] as SourceLog;
    const found = new Map(
      Array.from(ranges, ([partition, read]) => {
        return [partition, new Evidence({ partition, read, probe }, question)];
      }),
    );
    await scanLog(probe, port, ranges, (slice) => found.get(slice.partition)?.add(slice));
    parts.push(...Array.from(found.values(), (evidence) => evidence.take()));
  }
  return parts;
}

type RecordsOrigin = Extract<RowBatch['origin'], { kind: 'records' }>;

/** The batches of a probe in a slice, with where their rows come from. */
const batchesOf = (
  { rows }: ScannedSlice,
  probe: number,
): { readonly batch: RowBatch; readonly origin: RecordsOrigin }[] =>
  rows.flatMap(({ sink, batch }) => {
    const { origin } = batch;
    return sink === probe && origin.kind === 'records' ? [{ batch, origin }] : [];
  });

/** What a partition says. */
class Evidence {
  readonly #of: Pick<WhyPartition, 'partition' | 'read'> & { readonly probe: Plan };
  readonly #question: Question;
  /** Event time that lets the partition's watermark reach the window's end + grace. */
  readonly #closesAt: number;
  readonly #outOfOrderMs: number;
  readonly #records: ReachingRecord[] = [];
  readonly #letters = new Set<number>();
  #closing: ClosingRecord | null = null;
  #max = -Infinity;
  /** Rows of the group so far. */
  #reached = 0;

  /** `of`: the partition, what of it is read, and the plan of its source. */
  constructor(
    of: Pick<WhyPartition, 'partition' | 'read'> & { readonly probe: Plan },
    question: Question,
  ) {
    const { window } = question;
    this.#of = of;
    this.#question = question;
    this.#outOfOrderMs = of.probe.sources[0]?.watermark.outOfOrderMs ?? 0;
    this.#closesAt =
      window === null ? Infinity : window.end + window.node.graceMs + this.#outOfOrderMs;
  }

  /** Goes through all records that move the watermark, and looks at those that reach the window. */
  add(slice: ScannedSlice): void {
    for (const { offset } of slice.letters) this.#letters.add(offset);
    const reaching = this.#reaching(slice);
    let next = 0;
    for (const { origin } of batchesOf(slice, EVERY)) {
      for (let row = 0; row < origin.offsets.length; row++) {
        const offset = origin.offsets[row] as number;
        const eventTime = origin.eventTimes[row] as number;
        for (; reaching[next] === offset; next++) {
          this.#records.push({ offset, eventTime, isLate: this.#isLate(eventTime) });
        }
        this.#max = Math.max(this.#max, eventTime);
        if (this.#closing === null && eventTime >= this.#closesAt) {
          const timestamp = origin.timestamps?.[row] ?? NaN;
          const known = Number.isNaN(timestamp) ? null : timestamp;
          this.#closing = { offset, eventTime, timestamp: known };
        }
      }
    }
  }

  take(): WhyPartition {
    const records = this.#records;
    const [first = Infinity, last = first] = [records[0]?.offset, records.at(-1)?.offset];
    const { partition, read, probe } = this.#of;
    const source = probe.sources[0]?.name ?? '';
    return {
      ...{ source, partition, read, records, closing: this.#closing },
      deadLetters: [...this.#letters].filter((offset) => offset > first && offset < last).length,
      watermark: Number.isFinite(this.#max) ? this.#max - this.#outOfOrderMs : null,
    };
  }

  /** Offsets of the rows that the window holds and that are of the group, ascending. */
  #reaching(slice: ScannedSlice): number[] {
    const { window } = this.#question;
    return batchesOf(slice, REACH).flatMap(({ batch, origin: { offsets, eventTimes } }) =>
      Array.from(offsets.keys())
        .filter((row) => window === null || window.holds(eventTimes[row] as number))
        .filter((row) => this.#meets(batch.vectors, row))
        .filter(() => this.#isCounted())
        .map((row) => offsets[row] as number),
    );
  }

  /** Whether the next row of the group is of the window, where that is told by counting (W7). */
  #isCounted(): boolean {
    const counted = this.#question.window?.counted;
    if (counted === undefined) return true;
    const index = Math.floor(this.#reached++ / counted.size);
    return counted.partition === this.#of.partition && counted.index === index;
  }

  /** By the watermark of its partition before it (W2, W6). */
  #isLate(eventTime: number): boolean {
    const { window } = this.#question;
    if (window === null) return false;
    const until = window.isSession ? eventTime : window.end;
    return until + window.node.graceMs <= this.#max - this.#outOfOrderMs;
  }

  #meets(vectors: readonly Vector[], row: number): boolean {
    const { conditions } = this.#question;
    const columns = this.#of.probe.sinks[REACH]?.columns ?? [];
    return conditions.every((condition) => {
      const vector = vectors[columns.findIndex(({ name }) => name === condition.column)];
      return vector !== undefined && matches(cellOf(vector, row), condition);
    });
  }
}
