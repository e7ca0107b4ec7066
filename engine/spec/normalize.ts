/**
 * Stand-ins: what is read and written when there is no server, or with --bounded. Nothing after this
 * file knows that a connector was meant to be another one.
 */
import type { Path, Report } from './diagnostic.ts';
import type { DefinitionEnvironment } from './environment.ts';
import type { SourceKeywords } from './keywords.ts';
import type { Vocabulary } from './keyword.ts';
import type { Places } from './locator.ts';
import { serverless } from './normalize-words.ts';
import { variablesIn } from './placeholders.ts';
import type { ConnectionSpec, ErrorSpec, Keyed, SinkSpec, SourceSpec } from './spec.ts';

/** What is normalised. */
export interface Unresolved {
  readonly sources: readonly SourceSpec[];
  readonly sinks: readonly SinkSpec[];
  readonly errors: ErrorSpec;
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
}

/** The same with stand-ins taken, and a sentence on each. */
export interface Resolved extends Omit<Unresolved, 'connections'> {
  readonly notices: readonly string[];
  /** Values of variables that were filled in: hidden wherever something is printed. */
  readonly secrets: readonly string[];
}

/** What normalising needs. */
export interface Normalizing {
  readonly report: Report;
  readonly vocabulary: Vocabulary;
  readonly places: Places;
  readonly instead: ReadonlyMap<string, SourceKeywords>;
  readonly environment: Pick<DefinitionEnvironment, 'topics' | 'bounded' | 'simulate'>;
  /** The value of a variable, undefined when nothing sets it. */
  readonly value: (name: string) => string | undefined;
  /** Variables written at a path. */
  readonly variables: (path: Path) => readonly string[];
}

type Kind = ConnectionSpec['kind'];

/** Connectors that need a server, and of which kind. */
const servers: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['kafka', 'kafka'],
  ['cassandra', 'cassandra'],
]);

/** Takes stand-ins where they are due; reports connections that do not exist. */
export function normalize(unresolved: Unresolved, normalizing: Normalizing): Resolved {
  const resolving: Resolving = {
    ...unresolved,
    ...normalizing,
    read: [],
    filled: [],
    kept: new Map(),
  };
  const read = withoutReadBack(unresolved, normalizing);
  const sinks = read.sinks.map((sink) => {
    const connector = resolveSink(sink.connector, ['sinks', sink.name], resolving);
    return { ...sink, connector };
  });
  const deadLetter = resolveSink(
    unresolved.errors.deadLetter,
    ['errors', 'dead_letter'],
    resolving,
  );
  const sources = unresolved.sources.map((source) => resolveSource(source, resolving));
  const notices = [
    ...resolving.read,
    ...read.notices,
    ...[...resolving.kept.values()].map(wordKept),
  ];
  return {
    sources,
    sinks,
    errors: { ...unresolved.errors, deadLetter },
    notices,
    secrets: resolving.filled,
  };
}

/** With --bounded a source reads an archive: the sink that wrote it must not write it again. */
function withoutReadBack(
  { sinks }: Unresolved,
  { instead, environment }: Normalizing,
): { readonly sinks: readonly SinkSpec[]; readonly notices: readonly string[] } {
  if (!environment.bounded) return { sinks, notices: [] };
  const inputs = [...instead.values()].flatMap(({ bounded }) => fileOf(bounded) ?? []);
  const isReadBack = ({ connector }: SinkSpec): boolean => {
    const output = fileOf(connector);
    return output !== null && inputs.some((input) => mayMeet(input, output));
  };
  return {
    sinks: sinks.filter((sink) => !isReadBack(sink)),
    notices: sinks
      .filter(isReadBack)
      .map(({ name }) => `bounded: ${name} writes nothing, its files are what is read`),
  };
}

/** The path of a file connector; null for others. */
const fileOf = (keyed: Keyed | null): string | null =>
  keyed?.keyword === 'file' ? (keyed.args as { readonly path: string }).path : null;

/** Whether a glob may find files of a template: one begins where the other does. */
function mayMeet(glob: string, template: string): boolean {
  const fixed = glob.split(/[*?[{]/, 1)[0] ?? '';
  const root = template.split('{', 1)[0] ?? '';
  return fixed.startsWith(root) || root.startsWith(fixed);
}

interface Resolving extends Unresolved, Normalizing {
  /** Sentences on what sources read. */
  readonly read: string[];
  /** Values of variables in addresses. */
  readonly filled: string[];
  /** What sinks keep on this machine, by connection. */
  readonly kept: Map<string, Kept>;
}

interface Kept {
  readonly why: string;
  /** Set for tables: the file they are in. */
  readonly database: string | null;
  readonly topics: Set<string>;
}

function wordKept({ why, database, topics }: Kept): string {
  if (database !== null) return `${why}: rows go to ${database}`;
  const names = [...topics].join(', ');
  return topics.size > 1
    ? `${why}: the topics ${names} are kept in .engine/topics`
    : `${why}: the topic ${names} is kept in .engine/topics`;
}

function resolveSource(source: SourceSpec, resolving: Resolving): SourceSpec {
  const { connector, name } = source;
  const path = ['sources', name];
  const { bounded } = resolving.environment;
  const instead = resolving.instead.get(name);
  if (bounded && instead?.bounded) {
    const taken = take(instead.bounded, [...path, 'instead', 'bounded'], source, resolving);
    resolving.read.push(`bounded: ${name} reads ${describe(instead.bounded, resolving)}`);
    return taken;
  }
  const isPolled = connector.keyword === 'http_poll';
  if (isPolled && resolving.environment.simulate === true) return simulate(source, resolving);
  const connection = connectionOf(connector, path, resolving);
  if (connection === null && !isPolled) return source;
  if (bounded) {
    resolving.report({
      code: 'not-bounded',
      message: `\`${name}\` has no end, and nothing stands in for it with --bounded`,
      hint: 'add `instead: { bounded: { file: … } }`',
      path: [...path, connector.keyword],
      atKey: true,
    });
    return source;
  }
  if (connection === null) return fillVariables(source, resolving);
  return isEmbedded(connection) ? takeStandIn(source, connection, resolving) : source;
}

/** --simulate: readings are made up, and it is said. */
function simulate(source: SourceSpec, resolving: Resolving): SourceSpec {
  const { name, connector } = source;
  const simulated = resolving.instead.get(name)?.simulated ?? null;
  if (simulated === null) {
    resolving.report({
      code: 'no-stand-in',
      message: `nothing stands in for \`${name}\` with --simulate`,
      hint: 'add `instead: { simulated: { simulate: weather } }`',
      path: ['sources', name, connector.keyword],
      atKey: true,
    });
    return source;
  }
  const what = describe(simulated, resolving);
  resolving.read.push(`--simulate: ${name} are ${what}, nothing is asked of the API`);
  return take(simulated, ['sources', name, 'instead', 'simulated'], source, resolving);
}

/** Variables in an address; one without a value is told when the source is opened, not before. */
function fillVariables(source: SourceSpec, { value, filled }: Resolving): SourceSpec {
  const { keyword, args } = source.connector;
  const names = variablesIn((args as { readonly url: string }).url);
  const values = names.map((name) => [name, value(name)?.trim() || null] as const);
  filled.push(...values.flatMap(([, text]) => text ?? []));
  const variables = Object.fromEntries(values);
  return { ...source, connector: { keyword, args: { ...(args as object), variables } } };
}

/** K3: a topic kept here, else what the source offers. */
function takeStandIn(
  source: SourceSpec,
  connection: ConnectionSpec,
  resolving: Resolving,
): SourceSpec {
  const { name, connector } = source;
  const { topic, start } = connector.args as { topic: string; start: unknown };
  const why = missing(connection, resolving);
  if (resolving.environment.topics(topic) || isKept(topic, resolving)) {
    resolving.read.push(`${why}: ${name} reads .engine/topics/${topic}`);
    return { ...source, connector: { keyword: 'topic_log', args: { topic, start } } };
  }
  const standIn = resolving.instead.get(name)?.standIn ?? null;
  if (standIn === null) {
    resolving.report({
      code: 'no-stand-in',
      message: `there is no broker to read \`${topic}\` from, and nothing stands in for it`,
      hint: `set ${variableOf(connection, resolving) ?? 'brokers'}, or add \`instead: { ${serverless}: { simulate: weather } }\``,
      path: ['sources', name, connector.keyword],
      atKey: true,
    });
    return source;
  }
  resolving.read.push(`${why}: ${describe(standIn, resolving)}`);
  return take(standIn, ['sources', name, 'instead', serverless], source, resolving);
}

function take(standIn: Keyed, at: Path, source: SourceSpec, { places }: Resolving): SourceSpec {
  places.redirect(['sources', source.name, standIn.keyword], [...at, standIn.keyword]);
  return { ...source, connector: standIn };
}

function resolveSink(connector: Keyed, path: Path, resolving: Resolving): Keyed {
  const connection = connectionOf(connector, path, resolving);
  if (connection === null || !isEmbedded(connection)) return connector;
  const keyword = connection.kind === 'cassandra' ? 'sqlite' : 'topic_log';
  resolving.places.redirect([...path, keyword], [...path, connector.keyword]);
  const kept = keptBy(connection, resolving);
  if (connection.kind === 'cassandra') return { keyword, args: connector.args };
  const { topic, key } = connector.args as { topic: string; key: string | null };
  kept.topics.add(topic);
  return { keyword, args: { topic, key } };
}

function keptBy(connection: ConnectionSpec, resolving: Resolving): Kept {
  const known = resolving.kept.get(connection.name);
  if (known !== undefined) return known;
  const { kind, name, options } = connection;
  const file = `.engine/${serverless}/${String(options['keyspace'])}.db`;
  const database = kind === 'cassandra' ? file : null;
  const kept = { why: missing(connection, resolving), database, topics: new Set<string>() };
  resolving.kept.set(name, kept);
  return kept;
}

const isKept = (topic: string, { kept }: Resolving): boolean =>
  [...kept.values()].some(({ topics }) => topics.has(topic));

/** The connection a connector needs; null when it needs none or (reported) it does not exist. */
function connectionOf(connector: Keyed, path: Path, resolving: Resolving): ConnectionSpec | null {
  const kind = servers.get(connector.keyword);
  if (kind === undefined) return null;
  const named = (connector.args as { connection?: string | null }).connection ?? null;
  const connection = resolving.connections.get(named ?? kind);
  if (connection?.kind === kind) return connection;
  const others = [...resolving.connections.values()].filter((each) => each.kind === kind);
  const example =
    kind === 'kafka'
      ? 'kafka: { brokers: "localhost:9092" }'
      : 'cassandra: { contact_points: "localhost:9042", keyspace: … }';
  resolving.report({
    code: 'unknown-connection',
    message: `there is no ${kind} connection \`${named ?? kind}\``,
    hint:
      others.length === 0
        ? `add \`connections: { ${example} }\``
        : `there is: ${others.map(({ name }) => name).join(', ')}`,
    path:
      named === null ? [...path, connector.keyword] : [...path, connector.keyword, 'connection'],
    atKey: named === null,
  });
  return null;
}

const isEmbedded = ({ addresses }: ConnectionSpec): boolean =>
  addresses.length === 1 && addresses[0] === serverless;

/** Why a stand-in is taken, e.g. `no broker configured (KAFKA_BROKERS)`. */
function missing(connection: ConnectionSpec, resolving: Resolving): string {
  const variable = variableOf(connection, resolving);
  const what = connection.kind === 'kafka' ? 'no broker configured' : 'no Cassandra configured';
  return variable === null ? what : `${what} (${variable})`;
}

function variableOf({ name, kind }: ConnectionSpec, { variables }: Resolving): string | null {
  const key = kind === 'kafka' ? 'brokers' : 'contact_points';
  return variables(['connections', name, key])[0] ?? null;
}

function describe({ keyword, args }: Keyed, { vocabulary }: Resolving): string {
  const declared = vocabulary.keywords.find(
    (each) => each.family === 'source' && each.keyword === keyword,
  );
  return declared?.describe?.(args) ?? keyword;
}
