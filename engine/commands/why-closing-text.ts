/** When the window of a row closed, as the logs tell. */
import { formatIso } from '../core/time/civil.ts';
import type { ClosingRecord, WhyPartition } from '../run/why.ts';
import type { Question } from '../run/why-plan.ts';
import { type Why, count, nameOf } from './why-answer.ts';

type Counted = NonNullable<NonNullable<Question['window']>['counted']>;

/** The lines; none for the window over all input. */
export function closingLines(why: Why): string[] {
  const { question, partitions, closings, state } = why;
  const { window } = question;
  if (window?.counted !== undefined) return countedLines(window.counted, why);
  if (window === null || !Number.isFinite(window.end)) return [];
  const closesAt = window.end + window.node.graceMs;
  const isClosed = state !== null && state.closedUpToMs >= closesAt;
  const open = state === null ? 'no snapshot says whether it has' : 'is open';
  const verdict = isClosed ? 'has closed' : open;
  const linesOf = (parts: readonly WhyPartition[]): string[] =>
    reachedLines(parts, question, isClosed);
  const lines =
    closings.length === 0
      ? [
          `  closes at watermark ${formatIso(closesAt)} (end + grace); ${verdict}`,
          ...linesOf(partitions),
        ]
      : closings.flatMap(({ node, watermarkMs, partitions: own }, at) => [
          at === 0
            ? `  closes when ${node.name} is at watermark ${formatIso(watermarkMs)} (end + the graces down to it); ${verdict}`
            : `    and ${node.name} at ${formatIso(watermarkMs)}`,
          ...linesOf(own),
        ]);
  if (isClosed && state.lateIdle > 0) {
    const stages = closings.map(({ node }) => node.name);
    const of = stages.length === 0 ? 'the stage' : stages.join(' and ');
    lines.push(
      `    ${count(state.lateIdle, 'record')} of ${of} came when idleness had closed their window, which the log does not tell: they may be among those above`,
    );
  }
  if (state !== null && window.start < state.startsAtMs) {
    lines.push(`    the pipeline began to read within it, so it gives no row (R3)`);
  }
  return lines;
}

/** Where each partition got to the watermark, or what it waits for. */
function reachedLines(
  parts: readonly WhyPartition[],
  question: Question,
  isClosed: boolean,
): string[] {
  const isRead = parts.filter(({ watermark }) => watermark !== null);
  const waiting = isRead.filter(({ closing }) => closing === null);
  return [
    ...isRead.flatMap((part) =>
      part.closing === null
        ? []
        : [`    ${nameOf(part, question)} got there at ${recordText(part.closing)}`],
    ),
    ...waiting.map(
      (part) =>
        `    ${nameOf(part, question)} is at ${formatIso(part.watermark ?? 0)}${isClosed ? ': it was idle, or the source ended' : ''}`,
    ),
  ];
}

function recordText({ offset, eventTime, timestamp }: ClosingRecord): string {
  const written = timestamp === null ? '' : `, written ${formatIso(timestamp)}`;
  return `offset ${offset} (event time ${formatIso(eventTime)}${written})`;
}

/** Whether a window that counts is full. */
function countedLines({ partition, size }: Counted, { partitions, rows }: Why): string[] {
  const own = partitions.find((each) => each.partition === partition);
  const { records = [], read } = own ?? {};
  const last = records.at(-1);
  const from = read?.first ?? 0;
  const [has, what] = own === undefined ? [rows.length, 'row'] : [records.length, 'record'];
  const full = last === undefined ? '  full' : `  full with offset ${last.offset}`;
  return [
    has === size
      ? full
      : `  has ${has} of ${count(size, what)}: it gives a row when it is full, or at the end of the input`,
    ...(from === 0 ? [] : [`    counted from offset ${from}: what was before may have moved it`]),
  ];
}
