/** The tables that pipelines have written, for whoever reads them over and over. */
import { parseCondition } from '../io/table/condition.ts';
import type { TableReader } from '../io/table/query.ts';
import type { Connector } from '../plan/planner.ts';
import type { LastRun, LastRunSink } from './last-run.ts';
import { openReader, tableNameOf, targetOf } from './query-target.ts';
import { resultJson } from './rows-json.ts';
import { FOREVER_MS } from './views/engine-tables.ts';
import { readFrontier, readPointer } from './views/pointer.ts';
import { readRows } from './views/read.ts';

/** A table as a list has it. */
export interface TableEntry {
  /** Name of the sink. */
  readonly name: string;
  readonly pipeline: string;
  readonly table: string;
  /** `cassandra` or `sqlite`. */
  readonly store: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The window stage whose rows it holds, or null: only windows can be merged. */
  readonly window: string | null;
}

/** How far a table of windows is; ISO times, null where nothing is known. */
export interface TableStatus {
  readonly name: string;
  readonly pipeline: string;
  readonly window: string;
  /** Windows that end at or before this are complete; `end` when the sources have ended. */
  readonly complete_until: string | null;
  readonly batch: { readonly id: number; readonly complete_until: string } | null;
}

/** What is asked for of a table, as text. */
export interface TableRequest {
  readonly where: readonly string[];
  readonly limit: number;
  readonly merged: boolean;
  readonly at: string | null;
  readonly scanLimit: number;
}

/** Reading of tables. */
export interface Tables {
  list(): readonly TableEntry[];
  status(): Promise<readonly TableStatus[]>;
  /**
   * The rows as JSON text.
   * @throws EngineError ENG_CLI_USAGE for a request that does not fit the table
   */
  rows(name: string, request: TableRequest): Promise<string>;
  close(): Promise<void>;
}

/** What opening takes; `runs` is asked at every request. */
export interface TablesOptions {
  readonly runs: () => readonly LastRun[];
  readonly project: string;
  readonly onNotice: (text: string) => void;
}

/** Opens nothing until something is read; clients of servers are kept until `close`. */
export function openTables({ runs, project, onNotice }: TablesOptions): Tables {
  const kept = new Map<string, Promise<TableReader>>();

  /** SQLite files may come and go; connections to servers are dear. */
  async function withReader<T>(
    connector: Connector,
    use: (reader: TableReader) => Promise<T>,
  ): Promise<T> {
    const target = { connector };
    if (connector.kind === 'sqlite') {
      const reader = await openReader(target, project, onNotice);
      return use(reader).finally(() => reader.close());
    }
    const key = JSON.stringify(connector.connection);
    const opening = kept.get(key) ?? openReader(target, project, onNotice);
    kept.set(key, opening);
    opening.catch(() => kept.delete(key));
    return use(await opening);
  }

  async function statusOf(sink: LastRunSink, pipeline: string): Promise<TableStatus[]> {
    const { name, window, connector } = sink;
    const table = tableNameOf(sink);
    if (window === null || table === null) return [];
    return withReader(connector, async (reader) => {
      const frontier = await readFrontier(reader, { pipeline, stage: window.stage });
      const pointer = await readPointer(reader, table);
      const batch =
        pointer === null
          ? null
          : { id: pointer.batchId, complete_until: new Date(pointer.completeUntil).toISOString() };
      const known = { name, pipeline, window: window.stage };
      return [{ ...known, complete_until: frontierText(frontier), batch }];
    });
  }

  return {
    list: () => runs().flatMap((run) => run.sinks.flatMap((sink) => entryOf(sink, run))),
    async status() {
      const all = runs().flatMap(({ pipeline, sinks }) =>
        sinks.map((sink) => statusOf(sink, pipeline)),
      );
      return (await Promise.all(all)).flat();
    },
    async rows(name, { where, ...request }) {
      const target = targetOf(name, runs());
      const asked = { ...request, where: where.map(parseCondition) };
      return withReader(target.connector, async (reader) =>
        resultJson(await readRows(reader, target, asked, name === target.table)),
      );
    },
    async close() {
      const readers = await Promise.allSettled(kept.values());
      kept.clear();
      for (const opened of readers) {
        if (opened.status === 'fulfilled') await opened.value.close();
      }
    },
  };
}

function entryOf(sink: LastRunSink, { pipeline }: LastRun): TableEntry[] {
  const table = tableNameOf(sink);
  if (table === null) return [];
  const { name, connector, window } = sink;
  const columns = sink.columns.map((column) => ({ name: column.name, type: column.type }));
  return [{ name, pipeline, table, store: connector.kind, columns, window: window?.stage ?? null }];
}

function frontierText(ms: number): string | null {
  if (ms === -Infinity) return null;
  return ms >= FOREVER_MS ? 'end' : new Date(ms).toISOString();
}
