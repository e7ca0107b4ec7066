/** The state of one dedup on the main thread: the keys seen, by source partition (O2). */
import type { Selection } from '../core/batch.ts';
import { SeenKeys, type SeenPart } from '../core/dedup/seen-keys.ts';
import { WaitingRows } from '../core/dedup/waiting-rows.ts';
import type { KeyEntries } from '../core/key.ts';
import { type DedupArgs, cutAtDedup } from '../core/operation/dedup.ts';
import { sourcesAbove, windowsAbove } from '../plan/above.ts';
import type { Plan, RecordNode } from '../plan/planner.ts';
import type { DedupTable } from '../../workers/protocol.ts';

/** A dedup at run time. */
export interface DedupRuntime {
  readonly node: RecordNode;
  /** Index in plan.stages. */
  readonly index: number;
  /** Names of the sources whose records it takes; none where it takes rows of windows. */
  readonly sources: readonly string[];
  readonly state: DedupState;
  /** Rows that others may still have to come before. */
  readonly waiting: WaitingRows;
}

/** The dedups of a plan, with nothing seen. */
export function openDedups(plan: Plan): DedupRuntime[] {
  return plan.stages.flatMap((node, index): DedupRuntime[] => {
    const cut = node.kind === 'record' ? cutAtDedup(node.operations) : null;
    if (node.kind !== 'record' || cut === null) return [];
    const isOfWindows = windowsAbove(plan, node).length > 0;
    const sources = isOfWindows ? [] : sourcesAbove(plan, node);
    const outOfOrderMs = plan.sources
      .filter(({ name }) => sources.includes(name))
      .reduce((most, { watermark }) => Math.max(most, watermark.outOfOrderMs), 0);
    const state = new DedupState(cut.args, outOfOrderMs);
    return [{ node, index, sources, state, waiting: new WaitingRows() }];
  });
}

/** Keys of selected rows: `ids`, by position in the selection, are indexes of `entries`. */
interface SelectedKeys {
  readonly entries: KeyEntries;
  readonly ids: Int32Array;
}

/** When a row is, and by what time it is looked at, epoch ms. */
interface RowTime {
  readonly eventTime: number;
  readonly watermark: number;
}

/** Rows of one slice, in the order of their offsets. */
interface Part {
  readonly selection: Selection;
  readonly keys: SelectedKeys;
  readonly records: RecordsInOrder;
}

/** Records of one partition in the order of their offsets, with the watermark before each. */
interface RecordsInOrder {
  readonly partition: number;
  readonly table: Pick<DedupTable, 'offsets' | 'eventTimes' | 'indexes'>;
  readonly watermarks: Float64Array;
}

/** The keys seen, by partition. */
export class DedupState {
  readonly #plan: { readonly withinMs: number; readonly outOfOrderMs: number };
  readonly #partitions = new Map<number, SeenKeys>();
  /** Where the key at hand lies: one for all, so that looking allocates nothing. */
  readonly #range = { from: 0, to: 0 };

  constructor({ withinMs }: Pick<DedupArgs, 'withinMs'>, outOfOrderMs: number) {
    this.#plan = { withinMs, outOfOrderMs };
  }

  /** A rough size in bytes, for the limits. */
  get sizeBytes(): number {
    return this.#partitions.values().reduce((sum, seen) => sum + seen.sizeBytes, 0);
  }

  /** The keys seen in a partition. */
  of(partition: number): SeenKeys {
    let seen = this.#partitions.get(partition);
    if (seen === undefined) {
      seen = new SeenKeys(this.#plan);
      this.#partitions.set(partition, seen);
    }
    return seen;
  }

  /**
   * The selected rows of each part whose key has not been seen in their partition; they are seen then.
   * In the order of offsets over all parts, then of the numbers of rows of one record. O(bytes of the keys),
   * and where parts interleave O(rows · log rows).
   */
  firstOf(parts: readonly Part[]): Selection[] {
    const firsts = parts.map(({ selection }) => new Int32Array(selection.count));
    const counts = parts.map(() => 0);
    // One for all, so that looking allocates nothing.
    const time = { eventTime: 0, watermark: 0 };
    const look = (part: number, at: number): void => {
      const { selection, keys, records } = parts[part] as Part;
      const row = selection.rows[at] as number;
      time.eventTime = records.table.eventTimes[row] as number;
      time.watermark = records.watermarks[row] as number;
      if (!this.isFirst(records.partition, keys.entries, keys.ids[at] as number, time)) return;
      const first = firsts[part] as Int32Array;
      first[counts[part] as number] = row;
      counts[part] = (counts[part] as number) + 1;
    };
    if (follow(parts)) {
      parts.forEach(({ selection }, part) => {
        for (let at = 0; at < selection.count; at++) look(part, at);
      });
    } else for (const { part, at } of placesInOrder(parts)) look(part, at);
    return firsts.map((rows, part) => ({ rows, count: counts[part] as number }));
  }

  /** Whether key `id` has not been seen in a partition; it is seen then. O(bytes of the key). */
  isFirst(
    partition: number,
    { ends, bytes }: KeyEntries,
    id: number,
    { eventTime, watermark }: RowTime,
  ): boolean {
    this.#range.from = id === 0 ? 0 : (ends[id - 1] as number);
    this.#range.to = ends[id] as number;
    return this.of(partition).isFirst(bytes, this.#range, eventTime, watermark);
  }

  /** Forgets what a partition's watermark has left behind. */
  expire(partition: number, watermark: number): void {
    this.#partitions.get(partition)?.expire(watermark);
  }

  /** The state by partition, in buffers of its own. O(keys). */
  snapshot(): [partition: number, parts: SeenPart[]][] {
    return Array.from(this.#partitions, ([partition, seen]) => [partition, seen.snapshot()]);
  }

  /** Takes back what `snapshot` gave. Throws ENG_STATE_CORRUPT. */
  restore(partitions: readonly (readonly [partition: number, parts: readonly SeenPart[]])[]): void {
    this.#partitions.clear();
    for (const [partition, parts] of partitions) this.of(partition).restore(parts);
  }
}

/** Row `at` of the selection of part `part`. */
interface Place {
  readonly part: number;
  readonly at: number;
  readonly offset: number;
  readonly index: number;
}

function placeAt(parts: readonly Part[], part: number, at: number): Place {
  const { selection, records } = parts[part] as Part;
  const { offsets, indexes } = records.table;
  const row = selection.rows[at] as number;
  return { part, at, offset: offsets[row] as number, index: indexes?.[row] ?? 0 };
}

const byRecord = (a: Place, b: Place): number => a.offset - b.offset || a.index - b.index;

/** Whether each part begins behind the one before it. O(parts). */
function follow(parts: readonly Part[]): boolean {
  let last: Place | null = null;
  for (const [part, { selection }] of parts.entries()) {
    if (selection.count === 0) continue;
    if (last !== null && byRecord(last, placeAt(parts, part, 0)) > 0) return false;
    last = placeAt(parts, part, selection.count - 1);
  }
  return true;
}

/** All places; what comes of one record by one input stays as it comes. */
const placesInOrder = (parts: readonly Part[]): Place[] =>
  parts
    .flatMap(({ selection }, part) =>
      Array.from({ length: selection.count }, (_, at) => placeAt(parts, part, at)),
    )
    .sort(byRecord);
