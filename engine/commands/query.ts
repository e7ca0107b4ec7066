/** `engine query`: prints rows from wherever a sink wrote them. */
import { type Command, InvalidArgumentError } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { EngineError } from '../errors.ts';
import {
  bindCondition,
  type ConditionText,
  parseCondition,
  type StoredCell,
} from '../io/table/condition.ts';
import { collect, type ResultColumn, type TableScan } from '../io/table/query.ts';
import { rowJson, tableText } from '../io/table/table-text.ts';
import type { LastRun } from '../run/last-run.ts';
import { type DefinitionFlags, load, review, withDefinitionOptions } from './definition.ts';
import { openReader, type QueryTarget, readLastRuns, sinksOf, targetOf } from './query-target.ts';

interface QueryFlags extends DefinitionFlags {
  readonly file?: string;
  readonly where?: readonly ConditionText[];
  readonly limit: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('query'))
    .description('print rows a sink has written')
    .argument('<name>', 'a sink, else a table, of the last run or of the definition')
    .option('-f, --file <file>', 'the definition; without it, the last run is taken')
    .option(
      '--where <condition>',
      'only rows that meet it, e.g. city=Paris or "n>=3" (may be repeated)',
      (text: string, before: readonly ConditionText[] | undefined) => [
        ...(before ?? []),
        parseCondition(text),
      ],
    )
    .option('--limit <n>', 'at most this many rows, or `all`', parseLimit, 20)
    .option('--json', 'one JSON object a line')
    .action((name: string, flags: QueryFlags) => query(name, flags));
}

function parseLimit(text: string): number {
  if (text === 'all') return Infinity;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number from 1, or all.');
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function query(name: string, flags: QueryFlags): Promise<void> {
  const project = findProjectDirectory(process.cwd());
  const target = targetOf(name, runsOf(flags, project));
  const reader = await openReader(target, project, note);
  try {
    const known = await reader.describe(target.table);
    if (known === null) {
      throw new EngineError(
        target.connector.kind === 'cassandra' ? 'ENG_CASSANDRA_SCHEMA' : 'ENG_SINK_FAILED',
        `there is no table ${target.table} yet: \`engine run\` makes it when it writes the first rows`,
      );
    }
    const conditions = (flags.where ?? []).map((text) => bindCondition(text, known.columns));
    const scan = await reader.scan(target.table, conditions);
    if (scan.note !== null) note(scan.note);
    const orderBy = target.window === null ? [] : windowOrder(known.key);
    const found = await collect(scan, { conditions, orderBy, limit: flags.limit });
    const shown = view(target, scan, name);
    const rows = found.rows.map((row) => shown.cells(row));
    print(shown.columns, rows, flags);
    const total = orderBy.length === 0 ? 'there are more' : `${found.matched} match`;
    if (found.more) note(`rows 1 to ${rows.length}; ${total} (--limit all prints them)`);
    if (rows.length === 0)
      note(target.expires ? 'no rows (rows past their ttl are gone)' : 'no rows');
  } finally {
    await reader.close();
  }
}

/** By time, then by group. */
const windowOrder = (key: readonly string[]): string[] => [
  'window_start',
  ...key.filter((column) => column !== 'window_start'),
];

function print(
  columns: readonly ResultColumn[],
  rows: readonly (readonly StoredCell[])[],
  { json }: QueryFlags,
): void {
  if (json === true) for (const row of rows) process.stdout.write(`${rowJson(columns, row)}\n`);
  else if (rows.length > 0) process.stdout.write(tableText(columns, rows));
}

/** The runs that sinks are looked up in: the definition's, with what the last run knows about it. */
function runsOf(flags: QueryFlags, project: string): readonly LastRun[] {
  const { file } = flags;
  if (file === undefined) return readLastRuns(project).map((run) => withLogin(run, flags));
  const { plan } = load(file, flags);
  const sinks = sinksOf(plan);
  const last = provisionalRunOf(plan.name, project);
  if (last === null) return [{ pipeline: plan.name, file, sinks, provisional: false }];
  const windows = new Map(last.sinks.map(({ name, window }) => [name, window]));
  const known = sinks.map((sink) => ({ ...sink, window: windows.get(sink.name) ?? sink.window }));
  return [{ ...last, sinks: known }];
}

/** The pipeline's part of the last run, if it was one and left provisional rows. */
function provisionalRunOf(pipeline: string, project: string): LastRun | null {
  try {
    const last = readLastRuns(project).find((run) => run.pipeline === pipeline);
    return last?.provisional === true ? last : null;
  } catch {
    return null;
  }
}

/** Logins are not recorded with a run: they are taken from its definition while it still reads. */
function withLogin(run: LastRun, flags: DefinitionFlags): LastRun {
  if (!run.sinks.some(({ connector }) => connector.kind === 'cassandra')) return run;
  let current: ReturnType<typeof sinksOf>;
  try {
    const { definition } = review(run.file, flags);
    if (definition === null) return run;
    current = sinksOf(definition.plan);
  } catch {
    return run;
  }
  const sinks = run.sinks.map((sink) => {
    const { connection } = sink.connector;
    const now = current.find(({ name }) => name === sink.name)?.connector.connection;
    if (connection === null || now?.name !== connection.name) return sink;
    const { auth, tls, client } = now.options;
    const options = { ...connection.options, auth, tls, client };
    return { ...sink, connector: { ...sink.connector, connection: { ...connection, options } } };
  });
  return { ...run, sinks };
}

/** Columns and cells to show: the sink's own columns, all of them when a table was named. */
function view(
  target: QueryTarget,
  { columns }: TableScan,
  name: string,
): {
  columns: readonly ResultColumn[];
  cells: (row: readonly StoredCell[]) => readonly StoredCell[];
} {
  const own = target.columns.flatMap((column) => {
    const at = columns.findIndex((candidate) => candidate.name === column.name);
    return at < 0 ? [] : [at];
  });
  const others = name === target.table ? columns.map((_, at) => at) : [];
  const order = [...own, ...others.filter((at) => !own.includes(at))];
  const shown = order.map((at) => columns[at] as ResultColumn);
  const { window } = target;
  const cells = (row: readonly StoredCell[]): StoredCell[] => order.map((at) => row[at] ?? null);
  const end = columns.findIndex((column) => column.name === 'window_end');
  if (window === null || !target.provisional || end < 0) return { columns: shown, cells };
  const isComplete = (row: readonly StoredCell[]): 0 | 1 =>
    window.closedUpTo !== null && Number(row[end]) + window.graceMs <= window.closedUpTo ? 1 : 0;
  return {
    columns: [...shown, { name: 'complete', type: 'bool' }],
    cells: (row) => [...cells(row), isComplete(row)],
  };
}
