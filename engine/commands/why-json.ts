/** Why a row is as it is, as JSON; times are ISO 8601. */
import type { Column } from '../core/batch.ts';
import { formatIso } from '../core/time/civil.ts';
import type { StoredCell } from '../io/table/condition.ts';
import type { WhyPartition } from '../run/why.ts';
import type { LowerRow } from '../run/why-explain.ts';
import { type Why, isOverWindows, offsetsOf, whyDifferences } from './why-answer.ts';

/** The explanation as a line of JSON. */
export function whyJson(why: Why): string {
  const { table, question, partitions, row, state } = why;
  const { window, conditions } = question;
  const json = {
    table,
    key: Object.fromEntries(conditions.map(({ column, value }) => [column, plain(value)])),
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
    partitions: partitions.map(partitionJson),
    ...(isOverWindows(why) && upperJson(why)),
    is_in_table: row !== null,
  };
  return `${JSON.stringify(json)}\n`;
}

const time = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined || !Number.isFinite(ms) ? null : formatIso(ms);

const plain = (cell: StoredCell): number | string | null =>
  typeof cell === 'bigint' ? String(cell) : cell;

/** A cell of a column; times as they are written. */
const cellJson = ({ type }: Column, cell: StoredCell): number | string | null =>
  type === 'timestamp' && cell !== null ? time(Number(cell)) : plain(cell);

const partitionJson = ({
  closing,
  watermark,
  deadLetters,
  records,
  ...rest
}: WhyPartition): object => ({
  ...rest,
  merged: offsetsOf(records, false),
  late: offsetsOf(records, true),
  dead_letters: deadLetters,
  watermark: time(watermark),
  closing: closing && {
    offset: closing.offset,
    ...{ event_time: time(closing.eventTime), timestamp: time(closing.timestamp) },
  },
});

/** What a row of a window over windows has besides (W8). */
function upperJson(why: Why): object {
  const { rows, closings, recomputed, question } = why;
  const { columns } = question.sink;
  return {
    made_of: rows.map(rowJson),
    waits_for: closings.map(({ node, watermarkMs, partitions }) => ({
      ...{ stage: node.name, watermark: time(watermarkMs) },
      partitions: partitions.map(partitionJson),
    })),
    recomputed:
      recomputed &&
      Object.fromEntries(
        columns.map((column, at) => [column.name, cellJson(column, recomputed[at] ?? null)]),
      ),
    differences:
      whyDifferences(why)?.map(({ column, table, logs }) => {
        return { column, table: plain(table), logs };
      }) ?? null,
  };
}

const rowJson = ({ window: { node, start, end }, keys, partitions, rows }: LowerRow): object => ({
  stage: node.name,
  key: Object.fromEntries(
    node.keys.map((column, at) => [column.name, cellJson(column, keys[at] ?? null)]),
  ),
  window: { start: time(start), end: time(end) },
  ...(rows.length > 0
    ? { made_of: rows.map(rowJson) }
    : { partitions: partitions.map(partitionJson) }),
});
