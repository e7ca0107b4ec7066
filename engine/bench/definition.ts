/** The pipelines that `engine bench` measures, as text: what a user would write. */
import { numbersOf, type Workload } from './workload.ts';

/** Where a measured pipeline reads and writes. */
export interface BenchPlaces {
  /** `host:port`s. */
  readonly brokers: string;
  readonly topic: string;
  /** `host:port`s; null: no Cassandra. */
  readonly contactPoints: string | null;
  readonly keyspace: string;
}

/** How often snapshots are taken: more often than anybody would. */
const CHECKPOINT = '500ms';
/** Keys that need no higher limits: those change how much is read ahead. */
const USUAL_KEYS = 100_000;

/** Count, mean, sample variance and maximum by name and window. */
export function workloadDefinition(workload: Workload, places: BenchPlaces): string {
  const { keys, windowMs, slideMs, disorderMs } = workload;
  const paths = numbersOf(workload);
  const columns = paths.map((path) => path.replace('.', '_'));
  const [only, ...more] = columns;
  const [input, value] = more.length === 0 ? ['readings', only] : ['sums', 'value'];
  const sums = `
  sums: { from: readings, set: { value: ${columns.join(' + ')} } }`;
  return `name: bench
${connections(places)}
sources:
  readings:
    kafka: { topic: ${places.topic}, group: ${places.keyspace}, start: earliest }
    format: json
    schema:
      name: string!
      dt: long!
${paths.map((path, i) => `      ${columns[i]}: { path: ${path}, type: double! }`).join('\n')}
    event_time: { column: dt, unit: s }
    watermark: { out_of_order: ${Math.max(10_000, disorderMs)}ms }
stages:${more.length === 0 ? '' : sums}
  windows:
    from: ${input}
    window: ${windowText(windowMs, slideMs)}
    group_by: [name]
    aggregate:
      n: count()
      avg_temp: avg(${value})
      var_temp: var_samp(${value})
      max_temp: max(${value})
sinks:
  windows: { from: windows, cassandra: { table: windows, primary_key: [[name], window_start] } }
checkpoint: { every: ${CHECKPOINT} }
${keys > USUAL_KEYS ? `limits: { keys: ${keys}, memory: 4GiB }\n` : ''}`;
}

/** Events that carry the time they were due at, in windows of a second that wait for nothing. */
export const latencyDefinition = (windowMs: number, places: BenchPlaces): string => `name: bench
${connections(places)}
sources:
  events:
    kafka: { topic: ${places.topic}, group: ${places.keyspace}, start: earliest }
    format: json
    schema: { name: string!, due: long!, value: double! }
    event_time: { column: due, unit: ms }
    watermark: { out_of_order: 0s, max_future: 1h }
stages:
  windows:
    from: events
    window: { tumbling: ${windowMs}ms }
    group_by: [name]
    aggregate:
      n: count()
      mean: avg(value)
sinks:
  windows: { from: windows, cassandra: { table: windows, primary_key: [[name], window_start] } }
checkpoint: { every: ${CHECKPOINT} }
`;

const connections = ({ brokers, contactPoints, keyspace }: BenchPlaces): string => `connections:
  kafka: { brokers: '${brokers}' }
  cassandra: { contact_points: '${contactPoints ?? 'embedded'}', local_data_center: datacenter1, keyspace: ${keyspace}, replication: 1 }`;

const windowText = (windowMs: number, slideMs: number): string =>
  windowMs === slideMs
    ? `{ tumbling: ${windowMs}ms }`
    : `{ sliding: ${windowMs}ms, every: ${slideMs}ms }`;
