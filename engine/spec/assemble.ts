/**
 * A checked shape and its keywords to the parts of a Spec. Nothing is resolved yet.
 */
import type { z } from 'zod';
import { isArray } from '../core/batch.ts';
import type { Report } from './diagnostic.ts';
import type { DefinitionKeywords } from './keywords.ts';
import { metadataColumns } from './schema-field.ts';
import type { WrittenField } from './schema-field.ts';
import type { DefinitionShape, SourceShape, StageShape } from './shape.ts';
import type { connection } from './shape-connection.ts';
import { formatOf } from './shape-format.ts';
import type {
  ConnectionSpec,
  EventTimeSpec,
  FieldSpec,
  RecordStageSpec,
  SinkSpec,
  SourceSpec,
  WindowStageSpec,
} from './spec.ts';

type Stages = (RecordStageSpec | WindowStageSpec)[];

/** The sources whose connector could be read. */
export function assembleSources(
  shape: DefinitionShape,
  keywords: DefinitionKeywords,
  report: Report,
): SourceSpec[] {
  return Object.entries(shape.sources).flatMap(([name, source]) => {
    const connector = keywords.sources.get(name)?.connector ?? null;
    const eventTime = eventTimeOf(name, source, report);
    if (connector === null || eventTime === null) return [];
    const format = formatOf(name, source.format, report);
    const watermark = watermarkOf(source);
    const schema = fieldsOf(name, source.schema, report);
    return [{ name, connector, format, schema, eventTime, watermark }];
  });
}

function watermarkOf({ watermark }: SourceShape): SourceSpec['watermark'] {
  return {
    outOfOrderMs: watermark?.out_of_order ?? 0,
    idleMs: watermark?.idle ?? 120_000,
    maxFutureMs: watermark?.max_future ?? 300_000,
    maxDriftMs: watermark?.max_drift ?? 600_000,
    declared: watermark !== undefined,
  };
}

function fieldsOf(
  source: string,
  schema: Readonly<Record<string, WrittenField>>,
  report: Report,
): FieldSpec[] {
  return Object.entries(schema).flatMap(([name, { type, required, path }]) => {
    const at = ['sources', source, 'schema', name];
    const metadata = metadataColumns.get(name);
    if (metadata === undefined) return [{ name, type, required, path: path ?? [name] }];
    if (metadata.type !== type || path !== null) {
      report({
        code: 'metadata-type',
        message: `\`${name}\` comes from the record’s envelope and is always ${metadata.type}`,
        hint: `write \`${name}: ${isArray(metadata.type) ? `"${metadata.type}"` : metadata.type}\``,
        path: at,
      });
    }
    return [{ name, type: metadata.type, required: metadata.required || required, path: [] }];
  });
}

function eventTimeOf(source: string, shape: SourceShape, report: Report): EventTimeSpec | null {
  const written = shape.event_time;
  if (written === undefined) return { kind: 'broker' };
  const { column, pattern, unit, ambiguous } = written;
  const path = ['sources', source, 'event_time'];
  const forms = [pattern !== null, unit !== null, written.iso === true].filter(Boolean).length;
  const declared = Object.hasOwn(shape.schema, column) ? shape.schema[column]?.type : undefined;
  if (forms > 1 || (forms === 0 && declared !== 'timestamp')) {
    report({
      code: 'event-time-form',
      message:
        forms > 1
          ? 'event time is read in one way only'
          : `\`event_time\` does not say how \`${column}\` is read`,
      hint: 'write one of `pattern: "yyyy-MM-dd HH:mm:ss"`, `unit: s` (or ms), `iso: true`',
      path,
      atKey: true,
    });
    return null;
  }
  if (ambiguous !== null && pattern === null) {
    const message = '`ambiguous` belongs to `pattern`: only local times can be ambiguous';
    report({
      code: 'stray-option',
      message,
      hint: 'remove it',
      path: [...path, 'ambiguous'],
      atKey: true,
    });
  }
  if (pattern !== null)
    return { kind: 'pattern', column, pattern, ambiguous: ambiguous ?? 'earlier' };
  return unit === null ? { kind: 'iso', column } : { kind: 'unit', column, unit };
}

/** The stages, in the order written. */
export function assembleStages(shape: DefinitionShape, keywords: DefinitionKeywords): Stages {
  return Object.entries(shape.stages ?? {}).flatMap(([name, stage]): Stages => {
    const read = keywords.stages.get(name);
    if (read === undefined) return [];
    if (stage.window === undefined) {
      return [{ kind: 'record', name, from: stage.from, operations: read.operations }];
    }
    return read.window === null ? [] : [windowStage(name, stage, stage.window, read.window)];
  });
}

const windowStage = (
  name: string,
  stage: StageShape,
  { offset, grace }: NonNullable<StageShape['window']>,
  window: WindowStageSpec['window'],
): WindowStageSpec => ({
  kind: 'window',
  name,
  from: stage.from,
  window,
  offsetMs: offset,
  graceMs: grace,
  groupBy: stage.group_by ?? [],
  aggregate: new Map(Object.entries(stage.aggregate ?? {})),
  having: stage.having ?? null,
  late: stage.late,
  emit: stage.emit,
});

/** The sinks whose connector could be read. */
export function assembleSinks(shape: DefinitionShape, keywords: DefinitionKeywords): SinkSpec[] {
  return Object.entries(shape.sinks).flatMap(([name, { from, where }]) => {
    const connector = keywords.sinks.get(name) ?? null;
    return connector === null ? [] : [{ name, from, where, connector }];
  });
}

type WrittenConnection = z.output<typeof connection>;

/** Settings that only one kind of connection has. */
const settings = {
  kafka: ['sasl'],
  cassandra: ['auth', 'local_data_center', 'keyspace', 'replication'],
} as const;

/** The connections, by name. */
export function assembleConnections(
  shape: DefinitionShape,
  report: Report,
): ReadonlyMap<string, ConnectionSpec> {
  return new Map(
    Object.entries(shape.connections ?? {}).flatMap(
      ([name, written]): [string, ConnectionSpec][] => {
        const connection = connectionOf(name, written, report);
        return connection === null ? [] : [[name, connection]];
      },
    ),
  );
}

function connectionOf(
  name: string,
  written: WrittenConnection,
  report: Report,
): ConnectionSpec | null {
  const path = ['connections', name];
  const { brokers, contact_points: points } = written;
  const addresses = brokers ?? points;
  if (addresses === null || (brokers !== null && points !== null)) {
    const message =
      addresses === null
        ? `\`${name}\` has no address`
        : `\`${name}\` is one connection: Kafka or Cassandra`;
    const hint = 'write `brokers:` for Kafka, `contact_points:` for Cassandra';
    report({ code: 'connection-kind', message, hint, path, atKey: true });
    return null;
  }
  const kind = brokers === null ? 'cassandra' : 'kafka';
  if ((name === 'kafka' || name === 'cassandra') && name !== kind) {
    const message = `the connection called \`${name}\` must be one to ${name}`;
    report({ code: 'connection-kind', message, hint: 'give it another name', path, atKey: true });
    return null;
  }
  reportForeign(kind, written, path, report);
  return { name, kind, addresses, options: optionsOf(kind, written) };
}

function reportForeign(
  kind: ConnectionSpec['kind'],
  written: WrittenConnection,
  path: readonly string[],
  report: Report,
): void {
  const other = kind === 'kafka' ? 'cassandra' : 'kafka';
  for (const key of settings[other]) {
    if (written[key] === null || written[key] === undefined) continue;
    const message = `\`${key}\` is a setting of ${other}, and this connection is one to ${kind}`;
    report({ code: 'stray-option', message, hint: 'remove it', path: [...path, key], atKey: true });
  }
  if (kind === 'cassandra' && written.keyspace === null) {
    const message = `\`keyspace\` is missing in \`${String(path.at(-1))}\``;
    report({
      code: 'missing-key',
      message,
      hint: 'add `keyspace:` with a name',
      path,
      atKey: true,
    });
  }
}

const defaults = {
  kafka: [],
  cassandra: [
    ['local_data_center', 'datacenter1'],
    ['replication', 1],
  ],
} as const;

function optionsOf(
  kind: ConnectionSpec['kind'],
  written: WrittenConnection,
): Readonly<Record<string, unknown>> {
  const keys = ['tls', 'client', ...settings[kind]] as const;
  const present = keys.flatMap((key): [string, unknown][] => {
    const value: unknown = written[key];
    return value === null || value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries([...defaults[kind], ...present]);
}
