/** Why a row is as it is, for a person and as JSON. */
import { formatIso } from '../core/time/civil.ts';
import type { StoredCell } from '../io/table/condition.ts';
import type { ResultColumn } from '../io/table/query.ts';
import { tableText } from '../io/table/table-text.ts';
import type { StageState } from '../run/last-state.ts';
import type { ClosingRecord, ReachingRecord, WhyPartition } from '../run/why.ts';
import type { Question } from '../run/why-plan.ts';

/** All that is known of a row. */
export interface Why {
  readonly table: string;
  readonly question: Question;
  readonly partitions: readonly WhyPartition[];
  /** The row as the table has it; null where it has none. */
  readonly row: {
    readonly columns: readonly ResultColumn[];
    readonly cells: readonly StoredCell[];
  } | null;
  /** The stage in the newest snapshot; null without one, and for rows of records. */
  readonly state: StageState | null;
}

/** The explanation as lines. */
export function whyText(why: Why): string {
  const { table, question, partitions, row } = why;
  const { window, conditions } = question;
  const key = conditions.map(({ column, value }) => `${column}=${String(value)}`).join(' ');
  const of = (isLate: boolean): number =>
    partitions.reduce((sum, { records }) => sum + offsetsOf(records, isLate).length, 0);
  const late = of(true);
  const lines = [
    `${table}: ${key}${windowText(window)}`,
    `  merged ${count(of(false), 'record')}${late === 0 ? '' : `, ${late} late (${window?.node.late === 'drop' ? 'dropped' : 'dead-lettered unless they count in other windows'})`}`,
    ...partitions.flatMap((part) => partitionLines(part, question)),
    ...(window === null ? [] : closingLines(why)),
  ];
  if (row === null) lines.push('the table has no such row');
  return `${lines.join('\n')}\n${row === null ? '' : tableText(row.columns, [row.cells])}`;
}

function windowText(window: Question['window']): string {
  if (window?.counted !== undefined) {
    const { partition, index } = window.counted;
    return `, window ${index} of partition ${partition}`;
  }
  if (window === null || !Number.isFinite(window.start)) return '';
  return `, window ${formatIso(window.start)} to ${formatIso(window.end)}`;
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;

/** Offsets of the records that are late, or are not. */
const offsetsOf = (records: readonly ReachingRecord[], isLate: boolean): number[] =>
  records.filter((record) => record.isLate === isLate).map(({ offset }) => offset);

/** A partition as it is named: with its source where there are several. */
const nameOf = ({ source, partition }: WhyPartition, { probes }: Question): string =>
  probes.length > 1 ? `${source} partition ${partition}` : `partition ${partition}`;

function partitionLines(part: WhyPartition, question: Question): string[] {
  const { records, deadLetters, read } = part;
  const [merged, late] = [offsetsOf(records, false), offsetsOf(records, true)];
  const parts = [
    ...(merged.length === 0 ? [] : [`offsets ${rangeText(merged)} (${merged.length} merged)`]),
    ...(late.length === 0 ? [] : [`late ${rangeText(late)} (${late.length})`]),
    ...(deadLetters === 0 ? [] : [`${deadLetters} dead-lettered between them`]),
  ];
  const from = read.first === 0 ? [] : [`the log begins at ${read.first}: what was before is gone`];
  if (parts.length === 0 && from.length === 0) return [];
  return [`  ${nameOf(part, question)}   ${[...parts, ...from].join('; ')}`];
}

const rangeText = (offsets: readonly number[]): string =>
  offsets.length === 1 ? String(offsets[0]) : `${offsets[0] ?? ''} to ${offsets.at(-1) ?? ''}`;

/** When the window closed, as the log tells. */
function closingLines({ question, partitions, state }: Why): string[] {
  const { window } = question;
  if (window?.counted !== undefined) return countedLines(window.counted, partitions);
  if (window === null || !Number.isFinite(window.end)) return [];
  const closesAt = window.end + window.node.graceMs;
  const isRead = partitions.filter(({ watermark }) => watermark !== null);
  const waiting = isRead.filter(({ closing }) => closing === null);
  const isClosed = state !== null && state.closedUpToMs >= closesAt;
  const lines = [
    `  closes at watermark ${formatIso(closesAt)} (end + grace); ${state === null ? 'no snapshot says whether it has' : isClosed ? 'has closed' : 'is open'}`,
    ...isRead.flatMap((part) => {
      const at = part.closing === null ? null : closingText(part.closing);
      return at === null ? [] : [`    ${nameOf(part, question)} got there at ${at}`];
    }),
    ...waiting.map(
      (part) =>
        `    ${nameOf(part, question)} is at ${formatIso(part.watermark ?? 0)}${isClosed ? ': it was idle, or the source ended' : ''}`,
    ),
  ];
  if (isClosed && state.lateIdle > 0) {
    lines.push(
      `    ${count(state.lateIdle, 'record')} of the stage came when idleness had closed their window, which the log does not tell: they may be among those above`,
    );
  }
  if (state !== null && window.start < state.startsAtMs) {
    lines.push(`    the pipeline began to read within it, so it gives no row (R3)`);
  }
  return lines;
}

/** Whether a window that counts records is full. */
function countedLines({ partition, size }: Counted, partitions: readonly WhyPartition[]): string[] {
  const own = partitions.find((each) => each.partition === partition);
  const { records = [], read } = own ?? {};
  const last = records.at(-1);
  const from = read?.first ?? 0;
  return [
    records.length === size
      ? `  full with offset ${last?.offset ?? ''}`
      : `  has ${records.length} of ${count(size, 'record')}: it gives a row when it is full, or at the end of the input`,
    ...(from === 0 ? [] : [`    counted from offset ${from}: what was before may have moved it`]),
  ];
}

type Counted = NonNullable<NonNullable<Question['window']>['counted']>;

function closingText({ offset, eventTime, timestamp }: ClosingRecord): string {
  const written = timestamp === null ? '' : `, written ${formatIso(timestamp)}`;
  return `offset ${offset} (event time ${formatIso(eventTime)}${written})`;
}

/** The explanation as a line of JSON; times are ISO 8601. */
export function whyJson({ table, question, partitions, row, state }: Why): string {
  const { window, conditions } = question;
  const time = (ms: number | null | undefined): string | null =>
    ms === null || ms === undefined || !Number.isFinite(ms) ? null : formatIso(ms);
  const json = {
    table,
    key: Object.fromEntries(
      conditions.map(({ column, value }) => [
        column,
        typeof value === 'bigint' ? String(value) : value,
      ]),
    ),
    window:
      window === null
        ? null
        : {
            stage: window.node.name,
            ...{ start: time(window.start), end: time(window.end) },
            ...(window.counted && {
              partition: window.counted.partition,
              index: window.counted.index,
            }),
            closes_at: time(window.end + window.node.graceMs),
            closed: state === null ? null : state.closedUpToMs >= window.end + window.node.graceMs,
          },
    partitions: partitions.map(({ closing, watermark, deadLetters, records, ...rest }) => ({
      ...rest,
      merged: offsetsOf(records, false),
      late: offsetsOf(records, true),
      dead_letters: deadLetters,
      watermark: time(watermark),
      closing: closing && {
        offset: closing.offset,
        ...{ event_time: time(closing.eventTime), timestamp: time(closing.timestamp) },
      },
    })),
    is_in_table: row !== null,
  };
  return `${JSON.stringify(json)}\n`;
}
