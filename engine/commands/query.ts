/** `engine query`: prints rows from wherever a sink wrote them. */
import { type Command, InvalidArgumentError } from 'commander';
import { findProjectDirectory } from '../../infra/servers/layout.ts';
import { type ConditionText, parseCondition, type StoredCell } from '../io/table/condition.ts';
import type { ResultColumn } from '../io/table/query.ts';
import { rowJson, tableText } from '../io/table/table-text.ts';
import { openReader, targetOf } from '../run/query-target.ts';
import { readRows } from '../run/views/read.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { runsOf } from './recorded-runs.ts';

interface QueryFlags extends DefinitionFlags {
  readonly file?: string;
  readonly where?: readonly ConditionText[];
  readonly limit: number;
  readonly merged?: boolean;
  readonly at?: string;
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
    .option('--merged', 'windows as batch and speed layer have them together; rows say which')
    .option('--at <time>', 'only windows that end at or before this time')
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
  const target = targetOf(name, runsOf(flags.file, flags, project));
  const reader = await openReader(target, project, note);
  try {
    const { where = [], limit, merged = false, at = null } = flags;
    const request = { where, limit, merged, at };
    const found = await readRows(reader, target, request, name === target.table);
    const { columns, rows, matched } = found;
    if (found.note !== null) note(found.note);
    print(columns, rows, flags);
    const total = matched === null ? 'there are more' : `${matched} match`;
    if (found.more) note(`rows 1 to ${rows.length}; ${total} (--limit all prints them)`);
    if (rows.length === 0)
      note(target.expires ? 'no rows (rows past their ttl are gone)' : 'no rows');
  } finally {
    await reader.close();
  }
}

function print(
  columns: readonly ResultColumn[],
  rows: readonly (readonly StoredCell[])[],
  { json }: QueryFlags,
): void {
  if (json === true) for (const row of rows) process.stdout.write(`${rowJson(columns, row)}\n`);
  else if (rows.length > 0) process.stdout.write(tableText(columns, rows));
}
