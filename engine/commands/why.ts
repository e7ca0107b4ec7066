/** `engine why`: which records made a row of a table, recomputed from the log. */
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { suggest } from '../core/suggest.ts';
import { EngineError } from '../errors.ts';
import { type ConditionText, bindCondition, parseCondition } from '../io/table/condition.ts';
import { collect } from '../io/table/query.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';
import { openSource } from '../run/adapters.ts';
import { type StageState, readLastState } from '../run/last-state.ts';
import { type LogRanges, type LogRecord, type SourceLogs, recordsAt } from '../run/log-scan.ts';
import { withTables } from '../run/lookups.ts';
import { openReader, readLastRuns, sinksOf, tableNameOf } from '../run/query-target.ts';
import { isTopic, openTopicReading } from '../run/topic-reading.ts';
import { isTable } from '../run/verification.ts';
import { type Explanation, explain } from '../run/why-explain.ts';
import { type Question, questionOf } from '../run/why-plan.ts';
import { load } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { wholeNumber } from './option-value.ts';
import { recordJson, recordLine } from './tail.ts';
import { type Why, beneath } from './why-answer.ts';
import { whyJson } from './why-json.ts';
import { whyText } from './why-text.ts';

interface WhyFlags extends DefinitionFlags {
  readonly file?: string;
  readonly records?: true;
  readonly limit: number;
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('why'))
    .description('which records made a row, recomputed from the log')
    .argument('<table>', 'a sink, else a table, of the last run or of the definition')
    .argument(
      '<key...>',
      'the row: COLUMN=VALUE …, and window=TIME, its window_start, if it has one',
    )
    .option('-f, --file <file>', 'the definition; without it, the last run is taken')
    .option('--bounded', 'read the bounded stand-in of the source instead of its topic')
    .option('--records', 'print the records, too')
    .option('--limit <n>', 'records at most, with --records', wholeNumber(1, 1_000_000), 100)
    .option('--json', 'one JSON object, then one a record')
    .action((table: string, key: string[], flags: WhyFlags) => why(table, key, flags));
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function why(table: string, key: readonly string[], flags: WhyFlags): Promise<void> {
  const project = findProjectDirectory(process.cwd());
  const file = flags.file ?? fileOf(table, project);
  const { plan: written } = load(file, flags);
  const plan = await withTables(written, project);
  const sink = sinkOf(plan, table);
  const given = key.map(parseCondition);
  const asked = questionOf(plan, sink, given);
  const logs = await logsOf(asked, project);
  const explanation = await explain(asked, logs);
  const states = asked.window === null ? null : await readLastState(plan, project);
  const found: Why = {
    ...{ ...explanation, table },
    row: await rowOf(sink, given, project),
    state: states === null ? null : stateOf(explanation, states),
  };
  process.stdout.write(flags.json === true ? whyJson(found) : whyText(found));
  if (flags.records === true) await printRecords(found, logs, flags);
  else if (flags.json !== true)
    note('recomputed from the log as it is now (--records prints the records)');
}

/** The stage in the newest snapshot; what came late to it by idleness, came so to those beneath it. */
function stateOf(
  { question: { window }, closings }: Explanation,
  states: ReadonlyMap<string, StageState>,
): StageState | null {
  const own = states.get(window?.node.name ?? '') ?? null;
  if (own === null) return null;
  const lower = closings.map(({ node }) => states.get(node.name)?.lateIdle ?? 0);
  return { ...own, lateIdle: lower.reduce((sum, lateIdle) => sum + lateIdle, own.lateIdle) };
}

/** Prints the records that made a row, of each partition in the order of their offsets. */
async function printRecords(
  { question: { plan, sources }, partitions, rows }: Why,
  logs: SourceLogs,
  flags: WhyFlags,
): Promise<void> {
  let left = flags.limit;
  const all = [...partitions, ...beneath(rows).flatMap((row) => row.partitions)];
  const byPlace = Map.groupBy(all, ({ source, partition }) => `${source} ${partition}`);
  for (const [first, ...others] of byPlace.values()) {
    const node = plan.sources.find(({ name }) => name === first?.source);
    const log = logs.get(node?.name ?? '');
    if (first === undefined || node === undefined || log === undefined) continue;
    const records = [first, ...others].flatMap((part) => part.records);
    // Elements of one record have its offset, and it may be in several rows.
    const known = [...new Set(records.map(({ offset }) => offset))].toSorted((a, b) => a - b);
    const offsets = known.slice(0, left);
    const counting = new Set(records.flatMap(({ isLate, offset }) => (isLate ? [] : [offset])));
    left -= offsets.length;
    const reading = { ...plan, sources: [node], stages: [], sinks: [] };
    for (const record of await recordsAt(reading, log.port, first.partition, offsets)) {
      const source = sources.length > 1 ? node.name : null;
      print(record, { source, isLate: !counting.has(record.offset) }, flags);
    }
  }
}

/** The logs of the sources of a question, opened. */
async function logsOf({ plan, sink, sources }: Question, project: string): Promise<SourceLogs> {
  const { signal } = new AbortController();
  const opened = plan.sources
    .filter(({ name }) => sources.includes(name))
    .map(async (node) => {
      if (node.replayable === false) {
        throw new EngineError('ENG_CLI_USAGE', `what ${sink.name} is made of cannot be read again`);
      }
      const context = { pipeline: `${plan.name}-why`, signal, onNotice: note };
      const port = await openSource(node, context, project);
      const ranges = await rangesOf(node.connector, project, await port.ends());
      return [node.name, { port, ranges }] as const;
    });
  return new Map(await Promise.all(opened));
}

/** The definition of the last run that had the table. */
function fileOf(table: string, project: string): string {
  const runs = readLastRuns(project);
  const run = runs.find(({ sinks }) =>
    sinks.some((sink) => sink.name === table || tableNameOf(sink) === table),
  );
  return run?.file ?? runs[0]?.file ?? '';
}

function sinkOf(plan: Plan, name: string): SinkNode {
  const recorded = sinksOf(plan);
  const at =
    recorded.findIndex((sink) => sink.name === name) >= 0
      ? recorded.findIndex((sink) => sink.name === name)
      : recorded.findIndex((sink) => tableNameOf(sink) === name);
  const sink = plan.sinks[at];
  if (sink !== undefined) return sink;
  const names = recorded.map((each) => each.name);
  const like = suggest(name, names);
  const hint = like === null ? `the sinks are ${names.join(', ')}` : `did you mean ${like}?`;
  throw new EngineError('ENG_CLI_USAGE', `there is no sink or table "${name}": ${hint}`);
}

/** All that the log holds now. */
async function rangesOf(
  connector: Plan['sources'][number]['connector'],
  project: string,
  highs: ReadonlyMap<number, number>,
): Promise<LogRanges> {
  const ends = isTopic(connector)
    ? await (await openTopicReading(connector, project)).ends()
    : null;
  return new Map(
    Array.from(highs, ([partition, next]) => [
      partition,
      { first: ends?.get(partition)?.low ?? 0, next },
    ]),
  );
}

/** The row as its table has it; null where there is none, or no table that can be read. */
async function rowOf(
  sink: SinkNode,
  given: readonly ConditionText[],
  project: string,
): Promise<Why['row']> {
  if (!isTable(sink)) return null;
  const reader = await openReader(sink, project, note);
  try {
    const table = tableNameOf({ ...sink, window: null }) ?? '';
    const described = await reader.describe(table);
    if (described === null) return null;
    const { columns } = described;
    const conditions = given.flatMap((each) => {
      const column = each.column === 'window' ? 'window_start' : each.column;
      const isThere = columns.some(({ name }) => name === column);
      return isThere ? [bindCondition({ ...each, column }, columns)] : [];
    });
    const scan = await reader.scan(table, conditions);
    const { rows } = await collect(scan, { conditions, orderBy: [], limit: 1 });
    const [cells] = rows;
    return cells === undefined ? null : { columns: scan.columns, cells };
  } finally {
    await reader.close();
  }
}

/** `source`: null where there is only one. */
function print(
  record: LogRecord,
  { source, isLate }: { readonly source: string | null; readonly isLate: boolean },
  { json }: WhyFlags,
): void {
  const { partition, offset, timestamp, key, value } = record;
  const bufferOf = (bytes: Uint8Array): Buffer =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shown = {
    ...{ partition, offset, timestamp: timestamp ?? NaN },
    ...{ key: key === null ? null : bufferOf(key), value: bufferOf(value) },
    headers: isLate ? ([['late', Buffer.from('true')]] as const) : [],
  };
  const text = json === true ? recordJson(shown) : recordLine(shown);
  if (source === null) process.stdout.write(text);
  else if (json !== true) process.stdout.write(`${source} ${text}`);
  else {
    const named = { source, ...(JSON.parse(text) as object) };
    process.stdout.write(`${JSON.stringify(named)}\n`);
  }
}
