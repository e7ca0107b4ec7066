/** Tables in memory, changed step by step while somebody reads them. */
import type { StoredCell } from '../../io/table/condition.ts';
import type { ResultColumn, TableReader } from '../../io/table/query.ts';
import type { QueryTarget } from '../query-target.ts';
import { BATCHES, FRONTIERS } from './engine-tables.ts';
import { BATCH_ID, viewTableOf } from './view-plan.ts';

type Row = readonly StoredCell[];

const time = (name: string): ResultColumn => ({ name, type: 'timestamp' });
const text = (name: string): ResultColumn => ({ name, type: 'string' });
const long = (name: string): ResultColumn => ({ name, type: 'long' });

/** Columns of the windows that tests read. */
export const windowColumns = [text('city'), time('window_start'), time('window_end'), long('n')];

/** The table of windows as a query names it. */
export const target: QueryTarget = {
  pipeline: 'weather',
  connector: { kind: 'cassandra', config: {}, connection: null },
  table: 'windows',
  columns: windowColumns.map(({ name, type }) => ({
    name,
    type: type ?? 'string',
    nullable: true,
  })),
  window: { stage: 'tens', graceMs: 0, closedUpTo: null },
  expires: false,
  provisional: false,
};

interface MemoryTable {
  readonly columns: readonly ResultColumn[];
  readonly key: readonly string[];
  rows: Row[];
}

/** A store of the tables that a merged read looks at; `onRead` runs before every row and look-up. */
export class MemoryTables implements TableReader {
  readonly tables = new Map<string, MemoryTable>();
  readonly #onRead: () => void;

  constructor(onRead: () => void = () => undefined) {
    this.#onRead = onRead;
    const key = ['city', 'window_start'];
    this.#add('windows', windowColumns, key);
    this.#add(viewTableOf('windows'), [long(BATCH_ID), ...windowColumns], [BATCH_ID, ...key]);
    this.#add(FRONTIERS, [text('pipeline'), text('stage'), time('complete_until')], ['pipeline']);
    const batch = [text('view_of'), long('batch_id'), long('previous_id'), time('complete_until')];
    this.#add(BATCHES, batch, ['view_of']);
  }

  /** Rows of a table. */
  rowsIn(name: string): Row[] {
    return this.tables.get(name)?.rows ?? [];
  }

  /** Replaces all rows of a table. */
  put(name: string, rows: Row[]): void {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    table.rows = rows;
  }

  async describe(name: string): Promise<MemoryTable | null> {
    this.#onRead();
    return this.tables.get(name) ?? null;
  }

  async scan(
    name: string,
  ): Promise<Omit<MemoryTable, 'rows'> & { rows: Generator<Row>; note: null }> {
    this.#onRead();
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return { ...table, rows: this.#read(table), note: null };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** As a store does that pages: later rows are as they are when their turn comes. */
  *#read(table: MemoryTable): Generator<Row> {
    const seen = new Set<string>();
    for (;;) {
      this.#onRead();
      const next = table.rows.find((row) => !seen.has(this.#keyOf(table, row)));
      if (next === undefined) return;
      seen.add(this.#keyOf(table, next));
      yield next;
    }
  }

  #keyOf({ columns, key }: MemoryTable, row: Row): string {
    return key.map((name) => String(row[columns.findIndex((one) => one.name === name)])).join(' ');
  }

  #add(name: string, columns: readonly ResultColumn[], key: readonly string[]): void {
    this.tables.set(name, { columns, key, rows: [] });
  }
}
