/**
 * Which records made rows: recomputed from the log, by the rules that decided it (W1 to W3, W6, W7).
 *
 *     partition 0  ──●──●────────▲──○──        ● merged   ○ late for the window
 *     partition 1  ●────────●──────────▲       ▲ lets the partition's watermark reach end + grace
 *
 * The window closes when the last of the partitions is there. What idleness closed before (T5) is not
 * in the log.
 */
import type { RowBatch } from '../core/batch.ts';
import type { Plan } from '../plan/planner.ts';
import { type ScannedSlice, type SourceLogs, scanLog } from './log-scan.ts';
import type { Question } from './why-plan.ts';
import { EVERY, REACH } from './why-probes.ts';
import { type FindWanted, type Wanted, openWanted } from './why-wanted.ts';
import type { AskedWindow } from './why-window.ts';

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

/** Recomputes the records of a row that is made of records. */
export async function explainRow(
  { probes, window, conditions }: Question,
  logs: SourceLogs,
): Promise<readonly WhyPartition[]> {
  const wanted: Wanted = { window, group: { kind: 'asked', conditions } };
  return (await explainRows(probes, [wanted], logs))[0] ?? [];
}

/**
 * Recomputes the records of rows of one stage, in one reading of the logs of its sources. Gives for
 * each row its partitions, in the order of the probes.
 */
export async function explainRows(
  probes: readonly Plan[],
  wanted: readonly Wanted[],
  logs: SourceLogs,
): Promise<readonly (readonly WhyPartition[])[]> {
  const parts = wanted.map((): WhyPartition[] => []);
  for (const probe of probes) {
    const log = logs.get(probe.sources[0]?.name ?? '');
    if (log === undefined) continue;
    const find = openWanted(wanted, probe.sinks[REACH]?.columns ?? []);
    const found = new Map(
      Array.from(log.ranges, ([partition, read]) => {
        return [partition, new Evidence({ partition, read, probe }, wanted, find)];
      }),
    );
    await scanLog(probe, log.port, log.ranges, (slice) => found.get(slice.partition)?.add(slice));
    for (const evidence of found.values()) {
      evidence.take().forEach((part, at) => parts[at]?.push(part));
    }
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

/** What is known of one of the rows. */
interface Found {
  readonly window: AskedWindow | null;
  /** Event time that lets the partition's watermark reach the window's end + grace. */
  readonly closesAt: number;
  readonly records: ReachingRecord[];
  closing: ClosingRecord | null;
  /** Rows of the group so far. */
  reached: number;
}

/** What a partition says. */
class Evidence {
  readonly #of: Pick<WhyPartition, 'partition' | 'read'> & { readonly probe: Plan };
  readonly #find: FindWanted;
  readonly #outOfOrderMs: number;
  readonly #found: readonly Found[];
  /** Those whose window the watermark has not passed; the next to be is last. */
  readonly #open: Found[];
  readonly #letters = new Set<number>();
  #max = -Infinity;

  /** `of`: the partition, what of it is read, and the plan of its source. */
  constructor(
    of: Pick<WhyPartition, 'partition' | 'read'> & { readonly probe: Plan },
    wanted: readonly Wanted[],
    find: FindWanted,
  ) {
    const outOfOrderMs = of.probe.sources[0]?.watermark.outOfOrderMs ?? 0;
    this.#of = of;
    this.#find = find;
    this.#outOfOrderMs = outOfOrderMs;
    this.#found = wanted.map(({ window }) => {
      const closesAt = window === null ? Infinity : window.end + window.node.graceMs + outOfOrderMs;
      return { window, closesAt, records: [], closing: null, reached: 0 };
    });
    this.#open = this.#found.toSorted((a, b) => b.closesAt - a.closesAt);
  }

  /** Goes through all records that move the watermark, and looks at those that reach the windows. */
  add(slice: ScannedSlice): void {
    for (const { offset } of slice.letters) this.#letters.add(offset);
    const reaching = this.#reaching(slice);
    let next = 0;
    for (const { origin } of batchesOf(slice, EVERY)) {
      for (let row = 0; row < origin.offsets.length; row++) {
        const offset = origin.offsets[row] as number;
        const eventTime = origin.eventTimes[row] as number;
        for (; reaching[next]?.offset === offset; next++) {
          for (const { records, window } of reaching[next]?.rows ?? []) {
            records.push({ offset, eventTime, isLate: this.#isLate(window, eventTime) });
          }
        }
        this.#max = Math.max(this.#max, eventTime);
        this.#close(eventTime, { origin, row });
      }
    }
  }

  take(): readonly WhyPartition[] {
    const { partition, read, probe } = this.#of;
    const source = probe.sources[0]?.name ?? '';
    const watermark = Number.isFinite(this.#max) ? this.#max - this.#outOfOrderMs : null;
    return this.#found.map(({ records, closing }) => {
      const [first = Infinity, last = first] = [records[0]?.offset, records.at(-1)?.offset];
      const between = [...this.#letters].filter((offset) => offset > first && offset < last);
      return {
        ...{ source, partition, read, records, closing, watermark },
        deadLetters: between.length,
      };
    });
  }

  /** Offsets of the rows that the windows hold and that are of the groups, ascending. */
  #reaching(slice: ScannedSlice): { readonly offset: number; readonly rows: readonly Found[] }[] {
    return batchesOf(slice, REACH).flatMap(({ batch, origin: { offsets, eventTimes } }) =>
      Array.from(offsets, (offset, row) => ({
        offset,
        rows: this.#find(batch.vectors, row, eventTimes[row] as number)
          .flatMap((at) => this.#found[at] ?? [])
          .filter((found) => this.#isCounted(found)),
      })).filter(({ rows }) => rows.length > 0),
    );
  }

  /** Whether the next row of the group is of the window, where that is told by counting (W7). */
  #isCounted(found: Found): boolean {
    const counted = found.window?.counted;
    if (counted === undefined) return true;
    const index = Math.floor(found.reached++ / counted.size);
    return counted.partition === this.#of.partition && counted.index === index;
  }

  /** By the watermark of its partition before it (W2, W6). */
  #isLate(window: AskedWindow | null, eventTime: number): boolean {
    if (window === null) return false;
    const until = window.isSession ? eventTime : window.end;
    return until + window.node.graceMs <= this.#max - this.#outOfOrderMs;
  }

  /** Notes the record for the windows that it lets the watermark pass. */
  #close(eventTime: number, { origin, row }: { origin: RecordsOrigin; row: number }): void {
    for (let last = this.#open.at(-1); last !== undefined; last = this.#open.at(-1)) {
      if (eventTime < last.closesAt) return;
      const timestamp = origin.timestamps?.[row] ?? NaN;
      const known = Number.isNaN(timestamp) ? null : timestamp;
      last.closing = { offset: origin.offsets[row] as number, eventTime, timestamp: known };
      this.#open.pop();
    }
  }
}
