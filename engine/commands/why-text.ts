/** Why a row is as it is, for a person. */
import { formatIso } from '../core/time/civil.ts';
import type { StoredCell } from '../io/table/condition.ts';
import type { ResultColumn } from '../io/table/query.ts';
import { tableText } from '../io/table/table-text.ts';
import type { WhyPartition } from '../run/why.ts';
import type { LowerRow } from '../run/why-explain.ts';
import type { Question } from '../run/why-plan.ts';
import type { AskedWindow } from '../run/why-window.ts';
import {
  type Why,
  beneath,
  count,
  isOverWindows,
  nameOf,
  offsetsOf,
  whyDifferences,
} from './why-answer.ts';
import { closingLines } from './why-closing-text.ts';

/** The explanation as lines. */
export function whyText(why: Why): string {
  const { table, question } = why;
  const { window, conditions } = question;
  const key = conditions.map(({ column, value }) => `${column}=${String(value)}`);
  const lines = [
    titleOf(`${table}:`, key, window),
    ...(isOverWindows(why) ? madeOfLines(why) : mergedLines(why)),
    ...(window === null ? [] : closingLines(why)),
  ];
  return `${lines.join('\n')}\n${rowText(why)}`;
}

function rowText(why: Why): string {
  const { row, recomputed, question } = why;
  const of = (columns: readonly ResultColumn[], cells: readonly StoredCell[]): string =>
    tableText(columns, [cells]);
  if (row === null) {
    const none = 'the table has no such row';
    if (recomputed === null) return `${none}\n`;
    return `${none}; the logs give\n${of(question.sink.columns, recomputed)}`;
  }
  const shown = of(row.columns, row.cells);
  if (!isOverWindows(why)) return shown;
  const differences = whyDifferences(why);
  if (differences === null) return `${shown}the logs give no such row\n`;
  if (differences.length === 0) return `${shown}the logs give the same row\n`;
  const texts = differences.map(
    ({ column, table, logs }) => `  ${column} is ${cellText(table)}, by the logs ${cellText(logs)}`,
  );
  return `${shown}the logs give another row:\n${texts.join('\n')}\n`;
}

const cellText = (cell: StoredCell): string => (cell === null ? 'null' : String(cell));

/** A row by its group and window, as far as it has them. */
const titleOf = (name: string, key: readonly string[], window: Question['window']): string =>
  `${name} ${[...(key.length > 0 ? [key.join(' ')] : []), ...windowText(window)].join(', ')}`;

function windowText(window: Question['window']): string[] {
  if (window?.counted !== undefined) {
    const { partition, index } = window.counted;
    return [`window ${index} of partition ${partition}`];
  }
  if (window === null || !Number.isFinite(window.start)) return [];
  return [`window ${formatIso(window.start)} to ${formatIso(window.end)}`];
}

/** What became of late records. */
const lateText = (late: number, node: AskedWindow['node'] | undefined): string =>
  late === 0
    ? ''
    : `, ${late} late (${node?.late === 'drop' ? 'dropped' : 'dead-lettered unless they count in other windows'})`;

function mergedLines({ question, partitions }: Why): string[] {
  const of = (isLate: boolean): number =>
    partitions.reduce((sum, { records }) => sum + offsetsOf(records, isLate).length, 0);
  return [
    `  merged ${count(of(false), 'record')}${lateText(of(true), question.window?.node)}`,
    ...partitions.flatMap((part) => partitionLines(part, question)),
  ];
}

/** The rows it is made of, each with its records or rows; one that has been named is not told again. */
function madeOfLines({ question, rows, closings }: Why): string[] {
  const all = beneath(rows);
  const byStage = Map.groupBy(all, ({ window }) => window.node.name);
  const counts = Array.from(
    byStage,
    ([stage, { length }]) => `${count(length, 'row')} of ${stage}`,
  );
  const placesOf = (isLate: boolean): Set<string> =>
    new Set(
      all.flatMap(({ partitions }) =>
        partitions.flatMap(({ source, partition, records }) =>
          offsetsOf(records, isLate).map((offset) => `${source} ${partition} ${offset}`),
        ),
      ),
    );
  const merged = placesOf(false);
  const late = [...placesOf(true)].filter((place) => !merged.has(place)).length;
  const records = `${count(merged.size, 'record')}${late === 0 ? '' : ` (and ${late} late)`}`;
  const told = new Set<LowerRow>();
  const linesOf = (row: LowerRow, indent: string): string[] => {
    const { window, keys, partitions } = row;
    const key = window.node.keys.map(({ name }, at) => `${name}=${cellText(keys[at] ?? null)}`);
    const line = `${indent}${titleOf(window.node.name, key, window)}`;
    if (told.has(row)) return [`${line} (told above)`];
    told.add(row);
    return [
      line,
      ...row.rows.flatMap((each) => linesOf(each, `${indent}  `)),
      ...partitions.flatMap((part) => {
        const texts = partTexts(part).join('; ');
        return texts === '' ? [] : [`${indent}  ${nameOf(part, question)}   ${texts}`];
      }),
    ];
  };
  const beginnings = closings.flatMap(({ partitions }) =>
    partitions.flatMap((part) =>
      beginningTexts(part).map((text) => `  ${nameOf(part, question)}   ${text}`),
    ),
  );
  return [
    rows.length === 0 ? '  no row reaches it' : `  made of ${[...counts, records].join(', of ')}`,
    ...rows.flatMap((row) => linesOf(row, '  ')),
    ...new Set(beginnings),
  ];
}

/** A partition's part of a row of records, and from where on its log can tell. */
function partitionLines(part: WhyPartition, question: Question): string[] {
  const texts = [...partTexts(part), ...beginningTexts(part)];
  return texts.length === 0 ? [] : [`  ${nameOf(part, question)}   ${texts.join('; ')}`];
}

function partTexts({ records, deadLetters }: WhyPartition): string[] {
  const [merged, late] = [offsetsOf(records, false), offsetsOf(records, true)];
  return [
    ...(merged.length === 0 ? [] : [`offsets ${rangeText(merged)} (${merged.length} merged)`]),
    ...(late.length === 0 ? [] : [`late ${rangeText(late)} (${late.length})`]),
    ...(deadLetters === 0 ? [] : [`${deadLetters} dead-lettered between them`]),
  ];
}

const beginningTexts = ({ read }: WhyPartition): string[] =>
  read.first === 0 ? [] : [`the log begins at ${read.first}: what was before is gone`];

const rangeText = (offsets: readonly number[]): string =>
  offsets.length === 1 ? String(offsets[0]) : `${offsets[0] ?? ''} to ${offsets.at(-1) ?? ''}`;
