/** Spec → plan of one source: its columns take slots 0..n-1 in the order declared. */
import { compilePattern } from '../core/time/pattern.ts';
import type { Report } from '../spec/diagnostic.ts';
import type { EventTimeSpec, FieldSpec, SourceSpec, Spec } from '../spec/spec.ts';
import type { Building } from './build.ts';
import { checkPaths } from './check-paths.ts';
import { checkColumn } from './column.ts';
import type {
  EventTimePlan,
  FieldPlan,
  FormatPlan,
  Framing,
  MetadataField,
  PlanColumn,
  SourceNode,
  WatermarkPlan,
} from './planner.ts';

/** Plans a source, or reports why not. Its columns are offered either way: they are as declared. */
export function planSource(spec: SourceSpec, building: Building): SourceNode | null {
  const { name, connector, schema } = spec;
  const path = ['sources', name];
  const stage = building.stageOf('source', connector.keyword);
  const planned = stage.plan(connector.args, building.context([...path, connector.keyword]));
  const columns = schema.map((field, slot) => columnOf(field, slot, planned?.framing ?? null));
  const broken: ReadonlySet<string> = new Set();
  const recordTime = recordTimeOf(columns, building.spec);
  const eventTime = planEventTime(spec, columns, building);
  const fields = schema.map(fieldOf);
  checkPaths(spec, fields, building.report);
  const times = { recordTime, nowMs: planned?.bounded === true ? building.spec.nowMs : null };
  const hidden = recordTime !== null && !columns.includes(recordTime) ? [recordTime] : [];
  const slots = columns.length + hidden.length;
  building.offer(name, { columns, slots, broken, times, window: false, keys: [], above: [] });
  if (planned === null || eventTime === null) return null;
  const read = {
    columns: [...columns, ...hidden],
    fields: [...fields, ...hidden.map(() => RECORD_TIME)],
  };
  const watermark = watermarkOf(spec);
  const { formatByName, ...node } = planned;
  const format = planFormat(spec, formatByName, building.report);
  return { kind: 'source', name, ...node, format, ...read, eventTime, watermark };
}

/** The format that is written, else that of the files' names, else JSON. */
function planFormat(
  { name, format, connector }: SourceSpec,
  byName: FormatPlan | undefined,
  report: Report,
): FormatPlan {
  if (format?.kind === 'csv' && byName === undefined) {
    report({
      code: 'format-kind',
      path: ['sources', name, 'format'],
      message: `\`${connector.keyword}\` cannot be read as csv`,
      hint: 'csv is a format of `file`: it needs the first line of one; remove `format`',
    });
  }
  return format ?? byName ?? { kind: 'json', validate: 'read' };
}

/** How `record_time` is found (O5). */
const RECORD_TIME: FieldPlan = { from: '_timestamp', type: 'timestamp', required: false };

/**
 * The column that `record_time` stands for: the declared `_timestamp`, else one behind the others
 * that no name leads to, read only where the definition mentions it.
 */
function recordTimeOf(columns: readonly PlanColumn[], spec: Spec): PlanColumn | null {
  const declared = columns.find(({ name }) => name === '_timestamp');
  if (declared !== undefined) return declared;
  if (!mentions([spec.stages, spec.sinks], 'record_time')) return null;
  return { name: 'record_time', type: 'timestamp', nullable: true, slot: columns.length };
}

/** Whether a word stands in any text of some data. */
function mentions(data: unknown, word: string): boolean {
  if (typeof data === 'string') return data.includes(word);
  if (data instanceof Map) return mentions([...data], word);
  if (typeof data !== 'object' || data === null) return false;
  return Object.values(data).some((value) => mentions(value, word));
}

/** A broker stamps every record; a line may not say when it came. */
const columnOf = (
  { name, type, required }: FieldSpec,
  slot: number,
  framing: Framing | null,
): PlanColumn => ({
  name,
  type,
  nullable: !required || (name === '_timestamp' && framing === 'lines'),
  slot,
});

const METADATA: readonly MetadataField[] = [
  '_key',
  '_partition',
  '_offset',
  '_timestamp',
  '_headers',
];

const metadataOf = (name: string): MetadataField | undefined =>
  METADATA.find((field) => field === name);

const fieldOf = ({ name, path, type, required }: FieldSpec): FieldPlan => ({
  from: metadataOf(name) ?? path,
  type,
  required,
});

const watermarkOf = ({ watermark }: SourceSpec): WatermarkPlan => {
  const { outOfOrderMs, idleMs, maxFutureMs, maxDriftMs } = watermark;
  return { outOfOrderMs, idleMs, maxFutureMs, maxDriftMs };
};

type Declared = Exclude<EventTimeSpec, { readonly kind: 'broker' }>;

/** Types that can hold an event time, and what to declare it as, by how it is read. */
const READINGS: Readonly<Record<Declared['kind'], { types: readonly string[]; hint: string }>> = {
  unit: {
    types: ['int', 'long', 'double'],
    hint: 'a number of seconds or milliseconds: declare it as long',
  },
  iso: { types: ['timestamp'], hint: 'declare the column as timestamp' },
  pattern: { types: ['string'], hint: 'text read by a pattern: declare the column as string' },
};

function planEventTime(
  spec: SourceSpec,
  columns: readonly PlanColumn[],
  building: Building,
): EventTimePlan | null {
  const time = spec.eventTime;
  if (time.kind === 'broker') return { kind: 'broker' };
  const { report } = building;
  const path = ['sources', spec.name, 'event_time', 'column'];
  const column = checkColumn(time.column, { columns, broken: new Set() }, { report, path });
  if (column === null) return null;
  const { name, slot } = column;
  // The envelope's own time has a reader of its own; nothing else of the envelope is a time.
  if (name === '_timestamp' && time.kind === 'iso') return { kind: 'broker' };
  const { types, hint } = READINGS[time.kind];
  if (metadataOf(name) !== undefined || !types.includes(column.type)) {
    const wrong = metadataOf(name) === undefined ? column.type : 'not in the record';
    const message = `event_time reads ${name}, which is ${wrong}; it takes ${types.join(' or ')}`;
    report({ code: 'event-time-type', path, message, hint });
    return null;
  }
  if (time.kind === 'unit') return { kind: 'unit', slot, unit: time.unit };
  return time.kind === 'iso'
    ? { kind: 'timestamp', slot }
    : planPattern(time, column, { building, source: spec.name });
}

function planPattern(
  { pattern, ambiguous }: Extract<EventTimeSpec, { readonly kind: 'pattern' }>,
  { slot }: PlanColumn,
  { building, source }: { building: Building; source: string },
): EventTimePlan | null {
  const { timezone } = building.spec;
  const compiled = compilePattern(pattern, { timezone, ambiguous });
  if ('pattern' in compiled) return { kind: 'pattern', slot, pattern, timezone, ambiguous };
  const path = ['sources', source, 'event_time', 'pattern'];
  building.report({ code: 'date-pattern', path, ...compiled.problem });
  return null;
}
