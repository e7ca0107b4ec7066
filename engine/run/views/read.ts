/**
 * Rows of a table as somebody asks for them. Merged: windows that the batch layer has reached come
 * from its view, later ones from the table that the stream writes.
 *
 *     window_end   ───────────────────● complete_until of the batch
 *                  ◀── layer: batch ──┘└── layer: speed ──▶
 */
import type { ColumnType } from '../../core/batch.ts';
import { EngineError } from '../../errors.ts';
import {
  bindCondition,
  type Condition,
  type ConditionText,
  type StoredCell,
} from '../../io/table/condition.ts';
import {
  collect,
  compareRows,
  type ResultColumn,
  type TableReader,
  type TableScan,
} from '../../io/table/query.ts';
import type { QueryTarget } from '../query-target.ts';
import { type BatchPointer, readFrontier, readPointer } from './pointer.ts';
import { BATCH_ID, viewTableOf } from './view-plan.ts';

/** What is asked for. */
export interface RowRequest {
  readonly where: readonly ConditionText[];
  /** Rows at most; Infinity for all. */
  readonly limit: number;
  /** Batch and speed layer together; each row then says where it is from. */
  readonly merged: boolean;
  /** Only windows that end at or before this, as text of a time; null: all. */
  readonly at: string | null;
  /** Reading more rows than this to find them is refused. */
  readonly scanLimit?: number;
}

/** Rows that were found. */
export interface RowResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly StoredCell[])[];
  /** True when the limit left some out. */
  readonly more: boolean;
  /** How many there are in all; null where reading stopped at the limit. */
  readonly matched: number | null;
  /** Something a person should know about how they were found. */
  readonly note: string | null;
}

type Row = readonly StoredCell[];

/** Rows whose cells stand in the order of `columns`. */
interface Found {
  readonly columns: readonly ResultColumn[];
  readonly key: readonly string[];
  readonly rows: Row[];
  readonly matched: number;
  readonly note: string | null;
}

/** A view may be swapped twice while it is read; it is not swapped that often. */
const TRIES = 5;

/**
 * Reads rows of a target; windows in the order of time and group.
 * @param all true: columns that only the table knows come, too
 * @throws EngineError when there is no such table, or the request does not fit it
 */
export async function readRows(
  reader: TableReader,
  target: QueryTarget,
  request: RowRequest,
  all = false,
): Promise<RowResult> {
  if (request.merged) return readMerged(reader, target, request);
  const { table, window } = target;
  const known = await reader.describe(table);
  if (known === null) throw missing(target);
  const conditions = [...request.where, ...atOf(request, target)].map((text) =>
    bindCondition(text, known.columns),
  );
  const orderBy = window === null ? [] : windowOrder(known.key);
  const scan = bounded(await reader.scan(table, conditions), request);
  const found = await collect(scan, { conditions, orderBy, limit: request.limit });
  const shown = viewOf(target, scan, all);
  return {
    columns: shown.columns,
    rows: found.rows.map((row) => shown.cells(row)),
    more: found.more,
    matched: orderBy.length === 0 && found.more ? null : found.matched,
    note: scan.note,
  };
}

/** By time, then by group. */
const windowOrder = (key: readonly string[]): string[] => [
  'window_start',
  ...key.filter((column) => column !== 'window_start'),
];

const usage = (message: string): EngineError => new EngineError('ENG_CLI_USAGE', message);

const missing = ({ table, connector }: QueryTarget): EngineError =>
  new EngineError(
    connector.kind === 'cassandra' ? 'ENG_CASSANDRA_SCHEMA' : 'ENG_SINK_FAILED',
    `there is no table ${table} yet: \`engine run\` makes it when it writes the first rows`,
    { context: { missing: true } },
  );

/** The condition of `at`: windows up to that time. */
function atOf({ at }: RowRequest, { columns, table }: QueryTarget): ConditionText[] {
  if (at === null) return [];
  if (!columns.some(({ name }) => name === 'window_end')) {
    throw usage(`${table} has no window_end: only rows of windows can be asked for as of a time`);
  }
  return [{ column: 'window_end', operator: '<=', text: at }];
}

/** Both layers, as one pointer has them. */
async function readMerged(
  reader: TableReader,
  target: QueryTarget,
  request: RowRequest,
): Promise<RowResult> {
  const { table, window, pipeline, columns } = target;
  if (window === null || !columns.some(({ name }) => name === 'window_end')) {
    throw usage(`${table} holds no windows, so there is nothing to merge: leave merged out`);
  }
  // Before the rows: whatever it calls complete is written.
  const frontier = await readFrontier(reader, { pipeline, stage: window.stage });
  const texts = [...request.where, ...atOf(request, target)];
  for (let tries = TRIES; ; tries--) {
    const pointer = await readPointer(reader, table);
    const batch =
      pointer === null ? null : await readBatch(reader, target, { pointer, texts, request });
    const speed = await readSpeed(reader, target, { pointer, texts, request });
    if (batch === null && speed === null) throw missing(target);
    if (await isThere(reader, table, pointer)) return merge({ batch, speed, frontier, request });
    if (tries === 1) {
      throw new EngineError(
        'ENG_SINK_FAILED',
        `the batch view of ${table} changes too often to be read`,
      );
    }
  }
}

/** What one layer is asked for. */
interface LayerRequest {
  readonly pointer: BatchPointer | null;
  readonly texts: readonly ConditionText[];
  readonly request: RowRequest;
}

const when = (column: string, operator: Condition['operator'], value: number): Condition => ({
  column,
  operator,
  value,
});

async function readBatch(
  reader: TableReader,
  target: QueryTarget,
  asked: LayerRequest & { readonly pointer: BatchPointer },
): Promise<Found | null> {
  const { batchId, completeUntil } = asked.pointer;
  const own = [when(BATCH_ID, '=', batchId), when('window_end', '<=', completeUntil)];
  return readLayer(reader, viewTableOf(target.table), { target, own, ...asked });
}

async function readSpeed(
  reader: TableReader,
  target: QueryTarget,
  asked: LayerRequest,
): Promise<Found | null> {
  const { pointer } = asked;
  const own = pointer === null ? [] : [when('window_end', '>', pointer.completeUntil)];
  return readLayer(reader, target.table, { target, own, ...asked });
}

async function readLayer(
  reader: TableReader,
  table: string,
  {
    target,
    own,
    texts,
    request,
  }: LayerRequest & { readonly target: QueryTarget; readonly own: readonly Condition[] },
): Promise<Found | null> {
  const known = await reader.describe(table);
  if (known === null) return null;
  const conditions = [...own, ...texts.map((text) => bindCondition(text, known.columns))];
  const scan = bounded(await reader.scan(table, conditions), request);
  const key = scan.key.filter((name) => name !== BATCH_ID);
  const { rows, matched } = await collect(scan, {
    conditions,
    orderBy: windowOrder(key),
    limit: request.limit,
  });
  const { columns, cells } = viewOf({ ...target, provisional: false }, scan, false);
  return { columns, key, rows: rows.map(cells), matched, note: scan.note };
}

/** Whether the rows that a pointer named cannot have been removed meanwhile. */
async function isThere(
  reader: TableReader,
  table: string,
  pointer: BatchPointer | null,
): Promise<boolean> {
  if (pointer === null) return true;
  const now = await readPointer(reader, table);
  return now?.batchId === pointer.batchId || now?.previousId === pointer.batchId;
}

interface Layers {
  readonly batch: Found | null;
  readonly speed: Found | null;
  readonly frontier: number;
  readonly request: RowRequest;
}

const ADDED: readonly ResultColumn[] = [
  { name: 'layer', type: 'string' },
  { name: 'complete', type: 'bool' },
];

function merge({ batch, speed, frontier, request }: Layers): RowResult {
  const { columns, key } = (speed ?? batch) as Found;
  const at = (name: string): number => columns.findIndex((column) => column.name === name);
  const end = at('window_end');
  // The layers' tables may have been made by definitions with other columns.
  const places = columns.map(
    ({ name }) => batch?.columns.findIndex((one) => one.name === name) ?? -1,
  );
  const rows: Row[] = [
    ...(batch?.rows ?? []).map((row) => [...places.map((place) => row[place] ?? null), 'batch', 1]),
    ...(speed?.rows ?? []).map((row) => [...row, 'speed', Number(row[end]) <= frontier ? 1 : 0]),
  ];
  const order = windowOrder(key).map(at);
  rows.sort((a, b) => compareRows(a, b, order));
  const matched = (batch?.matched ?? 0) + (speed?.matched ?? 0);
  return {
    columns: [...columns, ...ADDED],
    rows: rows.slice(0, request.limit),
    more: matched > request.limit,
    matched,
    note: request.where.length > 0 ? (speed?.note ?? null) : null,
  };
}

/** The scan, which fails when it gives more rows than may be read. */
function bounded(scan: TableScan, { scanLimit = Infinity }: RowRequest): TableScan {
  if (scanLimit === Infinity) return scan;
  return { ...scan, rows: upTo(scan.rows, scanLimit) };
}

async function* upTo(rows: TableScan['rows'], limit: number): AsyncGenerator<Row> {
  let read = 0;
  for await (const row of rows) {
    if (++read > limit) {
      throw usage(
        `more than ${limit} rows would have to be read: name a whole partition key in the conditions`,
      );
    }
    yield row;
  }
}

interface Shown {
  readonly columns: readonly ResultColumn[];
  readonly cells: (row: Row) => Row;
}

/** Columns and cells to show: the target's own columns, with `all` those of the table after them. */
function viewOf(target: QueryTarget, { columns }: Pick<TableScan, 'columns'>, all: boolean): Shown {
  const own = target.columns.flatMap((column) => {
    const at = columns.findIndex((candidate) => candidate.name === column.name);
    return at < 0 ? [] : [at];
  });
  const others = all ? columns.map((_, at) => at) : [];
  const order = [...own, ...others.filter((at) => !own.includes(at))];
  const shown = order.map((at) => columns[at] as ResultColumn);
  const { window } = target;
  const cells = (row: Row): StoredCell[] => order.map((at) => row[at] ?? null);
  const end = columns.findIndex((column) => column.name === 'window_end');
  if (window === null || !target.provisional || end < 0) return { columns: shown, cells };
  const isComplete = (row: Row): 0 | 1 =>
    window.closedUpTo !== null && Number(row[end]) + window.graceMs <= window.closedUpTo ? 1 : 0;
  return {
    columns: [...shown, { name: 'complete', type: 'bool' satisfies ColumnType }],
    cells: (row) => [...cells(row), isComplete(row)],
  };
}
