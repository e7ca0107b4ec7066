/** What `engine verify` found, for a person and as JSON. */
import { cellJson, cellText } from '../core/row-json.ts';
import type { StoredCell } from '../io/table/condition.ts';
import { short } from '../run/progress.ts';
import type { RowDifference, Verified } from '../run/verify-rows.ts';

/** A sink and what came of comparing its rows. */
export interface VerifiedSink {
  readonly sink: string;
  readonly table: string;
  /** False when the stream has not made the table. */
  readonly isThere: boolean;
  readonly key: readonly string[];
  readonly verified: Verified;
  /** Records that came when idleness had closed their window: the archive counts them (W4). */
  readonly lateIdle: number;
}

/** Differences that are printed of each sink; all of them are counted, and all are in the JSON. */
const MOST_SHOWN = 10;

const isTime = (column: string): boolean => column.startsWith('window_');

const shown = (column: string, cell: StoredCell): string =>
  typeof cell === 'bigint'
    ? String(cell)
    : cell === null
      ? 'null'
      : isTime(column)
        ? cellText('timestamp', cell)
        : String(cell);

function differenceText({ kind, key, cells }: RowDifference): string {
  const where = Object.entries(key)
    .map(([column, cell]) => `${column}=${shown(column, cell)}`)
    .join(' ');
  if (kind !== 'differs') return `    ${where}: ${kind}`;
  const what = cells.map(
    ({ column, stream, archive }) =>
      `${column}: stream ${shown(column, stream)}, archive ${shown(column, archive)}`,
  );
  return `    ${where}: ${what.join('; ')}`;
}

const counted = (count: number, what: string): string[] =>
  count === 0 ? [] : [`${short(count)} ${what}`];

function sinkText({ sink, verified, lateIdle }: VerifiedSink, width: number): string[] {
  const { equal, differences, open, partial, expired, ahead } = verified;
  const parts = [
    `${short(equal).padStart(10)} rows agree`,
    ...counted(differences.length, differences.length === 1 ? 'row differs' : 'rows differ'),
    ...counted(open, 'of windows that are still open'),
    ...counted(partial, 'of windows that the stream began within'),
    ...counted(expired, 'expired'),
    ...counted(ahead, 'not archived yet'),
  ];
  const lines = [`  ${sink.padEnd(width)} ${parts.join(', ')}`];
  for (const difference of differences.slice(0, MOST_SHOWN)) lines.push(differenceText(difference));
  if (differences.length > MOST_SHOWN) {
    lines.push(`    and ${short(differences.length - MOST_SHOWN)} more (--json prints them)`);
  }
  if (differences.length > 0 && lateIdle > 0) {
    lines.push(
      `    ${short(lateIdle)} records came when their window had been closed because their partition was idle:`,
      '    the archive counts them, so rows of those windows may differ',
    );
  }
  return lines;
}

/** The comparison as lines. */
export function verifiedText(
  pipeline: string,
  records: number,
  sinks: readonly VerifiedSink[],
): string {
  const width = Math.max(...sinks.map(({ sink }) => sink.length));
  const differ = sinks.some(({ verified }) => verified.differences.length > 0);
  const compared = sinks.reduce((sum, { verified }) => sum + verified.equal, 0);
  const verdict = differ
    ? 'the archive does not give the rows of the stream'
    : compared === 0
      ? 'nothing could be compared'
      : 'the archive gives the rows of the stream';
  const lines = [
    `${pipeline}: ${short(records)} archived records`,
    ...sinks.flatMap((sink) => sinkText(sink, width)),
    verdict,
    '',
  ];
  return lines.join('\n');
}

/** One sink as a line of JSON; times are ISO 8601. */
export function verifiedJson({ sink, table, verified, lateIdle }: VerifiedSink): string {
  const cell = (column: string, value: StoredCell): unknown =>
    typeof value === 'bigint'
      ? String(value)
      : JSON.parse(cellJson(isTime(column) ? 'timestamp' : jsonTypeOf(value), value));
  const differences = verified.differences.map(({ kind, key, cells }) => ({
    kind,
    key: Object.fromEntries(Object.entries(key).map(([name, value]) => [name, cell(name, value)])),
    cells: cells.map(({ column, stream, archive }) => ({
      column,
      stream: cell(column, stream),
      archive: cell(column, archive),
    })),
  }));
  return `${JSON.stringify({ sink, table, ...verified, late_idle: lateIdle, differences })}\n`;
}

const jsonTypeOf = (value: StoredCell): 'string' | 'double' =>
  typeof value === 'string' ? 'string' : 'double';
