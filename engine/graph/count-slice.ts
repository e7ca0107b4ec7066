/** What workers counted of a slice, added to the tally. */
import { COUNTS_PER_STAGE } from '../core/stage-counts.ts';
import type { Plan } from '../plan/planner.ts';
import type { LetterCode, SliceReply } from '../../workers/protocol.ts';
import {
  type RowCounts,
  type Tally,
  count,
  countExploded,
  partitionCounts,
  rowCounts,
} from './tally.ts';

/** Codes of letters that stages write; all others are about records that cannot be read. */
const STAGE_CODES: ReadonlySet<LetterCode> = new Set(['EXPRESSION', 'LATE', 'LATE_IDLE']);

/** Opens the counting of the slices of one source. O(stages + letters) a slice. */
export function sliceCounter(
  tally: Tally,
  { stages, sinks, errors }: Pick<Plan, 'stages' | 'sinks' | 'errors'>,
  source: string,
): (reply: SliceReply) => void {
  const nodes = [
    ...stages.map(({ name }) => ({ family: tally.rows, name })),
    ...sinks.map(({ name }) => ({ family: tally.sinks, name })),
  ];
  return ({ partition, records, tombstones, skipped, counts, letters }) => {
    let failed = 0;
    let filtered = 0;
    nodes.forEach(({ family, name }, node) => {
      const found = countsAt(counts, node);
      if (found.in === 0) return;
      const sum = rowCounts(family, name);
      sum.in += found.in;
      sum.filtered += found.filtered;
      sum.failed += found.failed;
      sum.out += found.out;
      countExploded(sum, found.exploded);
      failed += found.failed;
      // What a sink leaves out has reached other sinks.
      if (family === tally.rows) filtered += found.filtered;
    });
    const unread = letters.filter(({ code }) => !STAGE_CODES.has(code)).length;
    const unreadSkipped = errors.expression === 'skip' ? skipped - failed : skipped;
    count(tally.records, source, records);
    count(tally.tombstones, source, tombstones);
    count(tally.unreadable, source, unread + unreadSkipped);
    tally.skipped += skipped;
    const at = partitionCounts(tally, source, partition);
    at.records += records;
    at.tombstones += tombstones;
    at.filtered += filtered;
    at.skipped += skipped;
  };
}

/** The counts of a node in those of a slice; a slice that no worker survived has none. */
function countsAt(counts: Float64Array, node: number): Required<RowCounts> {
  const at = node * COUNTS_PER_STAGE;
  const own = counts.subarray(at, at + COUNTS_PER_STAGE);
  const [into = 0, filtered = 0, failed = 0, out = 0, exploded = 0] = own;
  return { in: into, filtered, failed, out, exploded };
}
