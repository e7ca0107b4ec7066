/** `engine verify`: the rows of a stream against those of the same definition over its archive. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { databasePath } from '../io/embedded/sqlite.ts';
import { collect, type TableReader } from '../io/table/query.ts';
import type { TableConfig } from '../io/table/table.ts';
import { windowsAbove } from '../plan/above.ts';
import type { Plan, SinkNode } from '../plan/planner.ts';
import { type StageState, readLastState } from '../run/last-state.ts';
import { windowOf } from '../run/last-run.ts';
import { pipelineDirectory } from '../run/parts.ts';
import { runPipeline } from '../run/run.ts';
import {
  VERIFY_DIRECTORY,
  VERIFY_KEYSPACE,
  isTable,
  verificationPlan,
  verifyTableOf,
} from '../run/verification.ts';
import { type Rows, type Verified, verifyRows } from '../run/verify-rows.ts';
import { load } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';
import { openReader } from '../run/query-target.ts';
import { type VerifiedSink, verifiedJson, verifiedText } from './verify-text.ts';

interface VerifyFlags extends DefinitionFlags {
  readonly json?: boolean;
}

/** Adds the command. */
export function register(program: Command): void {
  withDefinitionOptions(program.command('verify'))
    .description('compare the rows of a stream with those that its archive gives')
    .argument('<file>', 'a definition whose sources have a bounded stand-in')
    .option('--json', 'one JSON object a sink')
    .action((file: string, flags: VerifyFlags) => verify(file, flags));
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

async function verify(file: string, flags: VerifyFlags): Promise<void> {
  const { plan, project } = load(file, { ...flags, bounded: false });
  const bounded = load(file, { ...flags, bounded: true }).plan;
  const toRun = verificationPlan(bounded);
  const state = await readLastState(plan, project);
  await clear(project);
  try {
    const stop = new AbortController();
    const { records } = await runPipeline(toRun, {
      ...{ project, until: null, fresh: true, workers: null, stop: stop.signal },
      onNotice: () => undefined,
      onProgress: () => undefined,
    });
    const sinks: VerifiedSink[] = [];
    for (const sink of plan.sinks.filter(isTable)) {
      sinks.push(await verifySink(sink, { plan, bounded, project, state }));
    }
    if (sinks.every(({ isThere }) => !isThere)) throw nothingWritten(plan);
    if (flags.json === true) for (const sink of sinks) process.stdout.write(verifiedJson(sink));
    else process.stdout.write(verifiedText(plan.name, records, sinks));
    if (!sinks.some(({ verified }) => verified.equal > 0)) process.exitCode = 1;
    if (sinks.some(({ verified }) => verified.differences.length > 0)) process.exitCode = 1;
  } finally {
    await clear(project);
  }
}

interface Verification {
  readonly plan: Plan;
  readonly bounded: Plan;
  readonly project: string;
  readonly state: ReadonlyMap<string, StageState> | null;
}

async function verifySink(
  sink: SinkNode,
  { plan, bounded, project, state }: Verification,
): Promise<VerifiedSink> {
  const { table, ttlMs } = sink.connector.config as TableConfig;
  const window = windowOf(plan, sink.input, { closedUpTo: {} });
  const reached = window === null ? undefined : state?.get(window.stage);
  const stream = await readTable(sink, table, project);
  const copy = { ...sink, connector: copyOf(bounded, sink.name) };
  const archive = await readTable(copy, verifyTableOf(bounded, sink.name), project);
  const now = Date.now();
  const key = stream.key.length > 0 ? stream.key : archive.key;
  const columns = sink.columns.map(({ name }) => name).filter((name) => !key.includes(name));
  const verified: Verified = verifyRows(stream, archive, {
    ...{ key, columns },
    window:
      window === null
        ? null
        : {
            graceMs: window.graceMs,
            closedUpToMs: reached?.closedUpToMs ?? -Infinity,
            startsAtMs: reached?.startsAtMs ?? -Infinity,
            isCounted: windowsAbove(plan, sink)[0]?.shape.kind === 'count',
          },
    // Its lock stays behind where a run is under way, or has ended without a last snapshot.
    isAhead: existsSync(join(pipelineDirectory(plan, project), 'lock.pid')),
    isExpired: (end) => ttlMs !== null && (end === null || end + ttlMs <= now),
  });
  const isThere = stream.columns.length > 0;
  return { sink: sink.name, table, isThere, key, verified, lateIdle: reached?.lateIdle ?? 0 };
}

function nothingWritten({ name, sinks, notices }: Plan): EngineError {
  const tables = sinks
    .filter(isTable)
    .map(({ connector }) => (connector.config as TableConfig).table);
  const where = notices.map((notice) => `\n${notice}`).join('');
  return new EngineError(
    'ENG_SINK_FAILED',
    `${name} has written none of ${tables.join(', ')} here: \`engine run\` it first${where}`,
  );
}

/** The connector of a sink's copy. */
function copyOf(bounded: Plan, sink: string): SinkNode['connector'] {
  const copy = verificationPlan(bounded).sinks.find(({ name }) => name === sink);
  if (copy !== undefined) return copy.connector;
  throw new EngineError('ENG_INVARIANT', `engine bug: no copy of sink ${sink}`);
}

/** All rows of a table; none when it is not there. */
async function readTable(
  { connector }: Pick<SinkNode, 'connector'>,
  table: string,
  project: string,
): Promise<Rows & { readonly key: readonly string[] }> {
  const reader: TableReader = await openReader({ connector }, project, note);
  try {
    if ((await reader.describe(table)) === null) return { columns: [], rows: [], key: [] };
    const scan = await reader.scan(table, []);
    const { rows } = await collect(scan, { conditions: [], orderBy: [], limit: Infinity });
    return { columns: scan.columns, rows, key: scan.key };
  } finally {
    await reader.close();
  }
}

async function clear(project: string): Promise<void> {
  const database = databasePath(join(project, '.engine'), VERIFY_KEYSPACE);
  for (const suffix of ['', '-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
  await rm(join(project, VERIFY_DIRECTORY), { recursive: true, force: true });
}
