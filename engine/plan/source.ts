/** Spec → plan of one source: its columns take slots 0..n-1 in the order declared. */
import { compilePattern } from '../core/time/pattern.ts';
import type { EventTimeSpec, FieldSpec, SourceSpec } from '../spec/spec.ts';
import type { Building } from './build.ts';
import { checkPaths } from './check-paths.ts';
import { checkColumn } from './column.ts';
import type {
  EventTimePlan,
  FieldPlan,
  MetadataField,
  PlanColumn,
  SourceNode,
  WatermarkPlan,
} from './planner.ts';

/** Plans a source, or reports why not. Its columns are offered either way: they are as declared. */
export function planSource(spec: SourceSpec, building: Building): SourceNode | null {
  const { name, format, connector, schema } = spec;
  const path = ['sources', name];
  const columns = schema.map(columnOf);
  const broken: ReadonlySet<string> = new Set();
  const offer = { columns, slots: columns.length, broken, window: false, keys: [], above: null };
  building.offer(name, offer);
  const stage = building.stageOf('source', connector.keyword);
  const planned = stage.plan(connector.args, building.context([...path, connector.keyword]));
  const eventTime = planEventTime(spec, columns, building);
  const fields = schema.map(fieldOf);
  checkPaths(spec, fields, building.report);
  if (planned === null || eventTime === null) return null;
  const watermark = watermarkOf(spec);
  return { kind: 'source', name, ...planned, format, columns, fields, eventTime, watermark };
}

const columnOf = ({ name, type, required }: FieldSpec, slot: number): PlanColumn => ({
  name,
  type,
  nullable: !required,
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
