/**
 * A dedup: the records of a slice gather before it, from workers and from what is above it on this
 * thread, and pass together. So it decides in the order of offsets (O2), also behind a union, whose
 * inputs come one after the other.
 *
 *     worker: table, table ─┐
 *                           ├─▶ gathered ─▶ the first of each key, in the order of offsets ─▶ what follows
 *     main thread: rows ────┘
 */
import type { Frame, Selection } from '../core/batch.ts';
import { openKeyCodec } from '../core/key-codec.ts';
import { type KeyEntries, KeyDictionary } from '../core/key.ts';
import { cutAtDedup } from '../core/operation/dedup.ts';
import { invariant } from '../errors.ts';
import type { DedupTable } from '../../workers/protocol.ts';
import { type BranchContext, type OpenedBranches, restOf } from './dedup-branch.ts';
import { openOperations } from './dedup-operation.ts';
import type { DedupBranch, DedupPass } from './dedup-pass.ts';
import type { DedupRuntime } from './dedup-state.ts';
import { type Tally, count, partitionCounts, rowCounts } from './tally.ts';

/** A dedup with what follows it. */
export interface DedupGate extends DedupBranch {
  /** Takes what a worker has sent. */
  take(table: DedupTable, pass: DedupPass): void;
  /** Lets pass what has gathered. To be called when all that is above has passed. */
  release(): void;
}

/** Rows before a dedup. */
interface Gathered {
  readonly frame: Frame;
  readonly selection: Selection;
  readonly keys: { readonly entries: KeyEntries; readonly ids: Int32Array };
  readonly pass: DedupPass;
}

/** Opens a dedup; those below it are `opened` already. */
export function openGate(
  { node, state }: DedupRuntime,
  context: BranchContext,
  opened: OpenedBranches,
): DedupGate {
  const cut = cutAtDedup(node.operations);
  invariant(cut !== null, 'a dedup without a dedup');
  const { before, args, after } = cut;
  const { name } = node;
  const { tally } = context;
  const operate = openOperations({ name, operations: before, slots: args.slots }, tally.rows, context); // prettier-ignore
  const rest = restOf(node, after, { context, opened });
  const codec = openKeyCodec(args.keys);
  const dictionary = new KeyDictionary();
  const gathered: Gathered[] = [];
  return {
    take(table, pass) {
      const vectors = new Array<Frame['vectors'][number]>(args.slots);
      args.carries.forEach((slot, i) => (vectors[slot] = table.vectors[i]));
      const selection = { rows: Int32Array.from(table.key, (_, row) => row), count: table.length };
      const keys = { entries: table.entries, ids: table.key };
      gathered.push({ frame: { vectors, length: table.length }, selection, keys, pass });
      // The worker has counted as out what it sent.
      rowCounts(tally.rows, name).out -= table.length;
    },
    run(frame, selection, pass) {
      rowCounts(tally.rows, name).in += selection.count;
      const kept = operate(frame, selection, pass);
      const ids = new Int32Array(kept.selection.count);
      dictionary.clear();
      codec.assign(kept.frame.vectors, kept.selection, dictionary, ids);
      const keys = { entries: dictionary.entriesSince(0), ids };
      gathered.push({ frame: kept.frame, selection: kept.selection, keys, pass });
    },
    release() {
      const all = gathered.splice(0);
      const firsts = state.firstOf(all.map(({ pass, ...rows }) => ({ ...rows, records: pass })));
      all.forEach(({ frame, selection, pass }, i) => {
        const first = firsts[i] as Selection;
        countDuplicates(tally, name, selection.count - first.count, pass);
        rest.run(frame, first, pass);
      });
    },
  };
}

function countDuplicates(
  tally: Tally,
  stage: string,
  by: number,
  { source, partition }: DedupPass,
): void {
  count(tally.duplicates, stage, by);
  partitionCounts(tally, source, partition).duplicates += by;
}
