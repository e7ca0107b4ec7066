/** The state of one dedup on the main thread: the keys seen, by source partition (O2). */
import type { Selection } from '../core/batch.ts';
import { SeenKeys, type SeenPart } from '../core/dedup/seen-keys.ts';
import type { KeyEntries } from '../core/key.ts';
import { type DedupArgs, cutAtDedup } from '../core/operation/dedup.ts';
import { sourcesAbove } from '../plan/above.ts';
import type { Plan, RecordNode } from '../plan/planner.ts';
import type { DedupTable } from '../../workers/protocol.ts';

/** A dedup at run time. */
export interface DedupRuntime {
  readonly node: RecordNode;
  /** Index in plan.stages. */
  readonly index: number;
  /** Name of the source whose partitions it goes by. */
  readonly source: string;
  readonly state: DedupState;
}

/** The dedups of a plan, with nothing seen. */
export function openDedups(plan: Plan): DedupRuntime[] {
  return plan.stages.flatMap((node, index) => {
    const cut = node.kind === 'record' ? cutAtDedup(node.operations) : null;
    if (node.kind !== 'record' || cut === null) return [];
    const [source = ''] = sourcesAbove(plan, node);
    const { outOfOrderMs = 0 } = plan.sources.find(({ name }) => name === source)?.watermark ?? {};
    return [{ node, index, source, state: new DedupState(cut.args, outOfOrderMs) }];
  });
}

/** Keys of selected rows: `ids`, by position in the selection, are indexes of `entries`. */
interface SelectedKeys {
  readonly entries: KeyEntries;
  readonly ids: Int32Array;
}

/** Records of one partition in the order of their offsets, with the watermark before each. */
interface RecordsInOrder {
  readonly partition: number;
  readonly table: Pick<DedupTable, 'eventTimes'>;
  readonly watermarks: Float64Array;
}

/** The keys seen, by partition. */
export class DedupState {
  readonly #plan: { readonly withinMs: number; readonly outOfOrderMs: number };
  readonly #partitions = new Map<number, SeenKeys>();

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

  /** The selected rows whose key has not been seen in their partition; they are seen then. */
  firstOf(
    { rows, count }: Selection,
    { entries: { ends, bytes }, ids }: SelectedKeys,
    { partition, table, watermarks }: RecordsInOrder,
  ): Selection {
    const seen = this.of(partition);
    const first = new Int32Array(count);
    const range = { from: 0, to: 0 };
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i] as number;
      const row = rows[i] as number;
      range.from = id === 0 ? 0 : (ends[id - 1] as number);
      range.to = ends[id] as number;
      const eventTime = table.eventTimes[row] as number;
      if (seen.isFirst(bytes, range, eventTime, watermarks[row] as number)) first[kept++] = row;
    }
    return { rows: first, count: kept };
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
