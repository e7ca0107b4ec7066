/** The ledger of a run for a person: a line a stage and partition. */
import type { LedgerPartition, LedgerStage, LedgerSummary } from '../run/ledger.ts';
import { short } from '../run/progress.ts';

/** Partitions that are printed; all are in the JSON. */
const MOST_PARTITIONS = 8;

/** `felt 34,560 in: 34,557 out, 3 filtered`, and likewise for each partition. */
export function ledgerText({ stages, partitions }: LedgerSummary): string[] {
  const shown = partitions.slice(0, MOST_PARTITIONS);
  const lines = [...stages.map(stageLine), ...shown.map(partitionLine)];
  if (lines.length === 0) return [];
  const width = Math.max(...lines.map(([name]) => name.length));
  const rest = partitions.length - shown.length;
  return [
    '  every record is accounted for',
    ...lines.map(
      ([name, into, counts]) =>
        `    ${name.padEnd(width)} ${short(into).padStart(10)} in: ${counts}`,
    ),
    ...(rest > 0 ? [`    and ${rest} more partitions (--json has them)`] : []),
  ];
}

type Line = readonly [name: string, into: number, counts: string];

const stageLine = ({ stage, in: into, counts }: LedgerStage): Line => [
  stage,
  into,
  countsText(counts),
];

function partitionLine(counts: LedgerPartition): Line {
  const { source, partition, records, tombstones, filtered, duplicates, late, skipped } = counts;
  const parts = {
    read: records,
    ...{ tombstones, filtered, duplicates, late, skipped },
    'dead-lettered': counts.deadLetters,
  };
  return [`${source}/${partition}`, records + tombstones, countsText(parts)];
}

const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count], i) => i === 0 || count !== 0)
    .map(([name, count]) => `${short(count)} ${name.replaceAll('_', ' ')}`)
    .join(', ') || 'nothing';
