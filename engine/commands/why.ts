/** `engine why`: which records made a row of a table, recomputed from the log. */
import type { Command } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { suggest } from '../core/suggest.ts';
import { EngineError } from '../errors.ts';
import { type ConditionText, bindCondition, parseCondition } from '../io/table/condition.ts';
import { collect } from '../io/table/query.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';
import type { SourcePort } from '../graph/ports.ts';
import { openSource } from '../run/adapters.ts';
import { readLastState } from '../run/last-state.ts';
import { type LogRanges, type LogRecord, recordsAt } from '../run/log-scan.ts';
import { withTables } from '../run/lookups.ts';
import { openReader, readLastRuns, sinksOf, tableNameOf } from '../run/query-target.ts';
import { isTopic, openTopicReading } from '../run/topic-reading.ts';
import { isTable } from '../run/verification.ts';
import { type SourceLog, explainRow } from '../run/why.ts';
import { type Question, questionOf } from '../run/why-plan.ts';
import { withSession } from '../run/why-session.ts';
import { type DefinitionFlags, load, withDefinitionOptions } from './definition.ts';
import { wholeNumber } from './option-value.ts';
import { recordJson, recordLine } from './tail.ts';
import { type Why, whyJson, whyText } from './why-text.ts';

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

type OpenLog = SourceLog & { readonly port: SourcePort };

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
  const question = await withSession(asked, logs);
  const partitions = await explainRow(question, logs);
  const { window } = question;
  const states = window === null ? null : await readLastState(plan, project);
  const found: Why = {
    ...{ table, question, partitions },
    row: await rowOf(sink, given, project),
    state: states?.get(window?.node.name ?? '') ?? null,
  };
  process.stdout.write(flags.json === true ? whyJson(found) : whyText(found));
  if (flags.records === true) {
    let left = flags.limit;
    for (const { source, partition, records } of partitions) {
      // Elements of one record have its offset.
      const all = [...new Set(records.map(({ offset }) => offset))];
      const offsets = all.slice(0, left);
      const late = new Set(records.filter(({ isLate }) => isLate).map(({ offset }) => offset));
      left -= offsets.length;
      const at = question.probes.findIndex(({ sources }) => sources[0]?.name === source);
      const [probe, log] = [question.probes[at], logs[at]];
      if (probe === undefined || log === undefined) continue;
      for (const record of await recordsAt(probe, log.port, partition, offsets)) {
        print(record, late.has(record.offset), flags);
      }
    }
  } else if (flags.json !== true)
    note('recomputed from the log as it is now (--records prints the records)');
}

/** The logs of the sources of a question, opened. */
async function logsOf({ sink, probes }: Question, project: string): Promise<OpenLog[]> {
  const { signal } = new AbortController();
  return Promise.all(
    probes.map(async ({ name, sources: [node] }) => {
      if (node === undefined || node.replayable === false) {
        throw new EngineError('ENG_CLI_USAGE', `what ${sink.name} is made of cannot be read again`);
      }
      const context = { pipeline: `${name}-why`, signal, onNotice: note };
      const port = await openSource(node, context, project);
      const ranges = await rangesOf(node.connector, project, await port.ends());
      return { port, ranges };
    }),
  );
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

function print(record: LogRecord, isLate: boolean, { json }: WhyFlags): void {
  const { partition, offset, timestamp, key, value } = record;
  const bufferOf = (bytes: Uint8Array): Buffer =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shown = {
    ...{ partition, offset, timestamp: timestamp ?? NaN },
    ...{ key: key === null ? null : bufferOf(key), value: bufferOf(value) },
    headers: isLate ? ([['late', Buffer.from('true')]] as const) : [],
  };
  process.stdout.write(json === true ? recordJson(shown) : recordLine(shown));
}
