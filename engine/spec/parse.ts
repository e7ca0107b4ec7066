/**
 * A definition's text to its Spec:
 *
 *   read (YAML → data, positions) → interpolate (${…}) → shape (zod) and keywords, side by side
 *     → assemble → normalize (stand-ins) → Spec
 *
 * Findings are collected; a phase that needs what an earlier one could not give is left out.
 */
import { assembleConnections, assembleSinks, assembleSources, assembleStages } from './assemble.ts';
import { createCollector } from './collect.ts';
import type { Collector } from './collect.ts';
import type { Diagnostic, Locator, Path } from './diagnostic.ts';
import { createEnvironment } from './environment.ts';
import type { DefinitionEnvironment } from './environment.ts';
import { interpolate } from './interpolate.ts';
import type { Interpolated } from './interpolate.ts';
import { reportIssues } from './issues.ts';
import { readDefinitionKeywords } from './keywords.ts';
import type { DefinitionKeywords } from './keywords.ts';
import type { Vocabulary } from './keyword.ts';
import { createLocator, createPlaces, pathKey } from './locator.ts';
import type { Places } from './locator.ts';
import { isSecretName, maskText, starSecrets } from './mask.ts';
import { normalize } from './normalize.ts';
import { serverless } from './normalize-words.ts';
import { resolveParameters } from './parameters.ts';
import { checkInputPaths } from './outside.ts';
import { read } from './read.ts';
import { definitionShape } from './shape.ts';
import type { DefinitionShape } from './shape.ts';
import { createSourceText } from './source-text.ts';
import type { ErrorSpec, Spec } from './spec.ts';

/** What a definition is made from. */
export interface DefinitionInput {
  readonly text: string;
  /** How the file is called in diagnostics. */
  readonly file: string;
  readonly environment: DefinitionEnvironment;
  readonly vocabulary: Vocabulary;
}

/** The Spec, null when there is an error among the diagnostics. */
export interface ParsedDefinition {
  readonly spec: Spec | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Lines and places, there even when the Spec is not. */
  readonly locator: Locator;
}

/** Parses a definition. Never throws for what the text holds: everything wrong is a diagnostic. */
export function parseDefinition(input: DefinitionInput): ParsedDefinition {
  const source = createSourceText(input.file, input.text.replace(/^\uFEFF/, ''));
  let places: Places = createPlaces();
  const collector = createCollector(() => createLocator(source, places));
  const reading = read(source, collector);
  places = reading?.places ?? places;
  const secrets = new Set<string>();
  const locator = hidingLines(createLocator(source, places), secrets);
  if (reading === null) return { spec: null, diagnostics: collector.diagnostics(), locator };
  const shapes = shapesOf(input.vocabulary);
  const expanded = interpolate(reading.data, {
    shape: shapes.write,
    environment: createEnvironment(input.environment),
    places,
    source,
    report: collector.report,
  });
  const parsing: Parsing = { input, locator, places, collector, shapes, expanded };
  const spec = parseData(parsing);
  for (const secret of expanded.secrets) secrets.add(secret);
  const diagnostics = collector.diagnostics().map((each) => hideSecrets(each, secrets));
  return { spec: collector.failed() ? null : spec, diagnostics, locator };
}

interface Shapes {
  readonly check: ReturnType<typeof definitionShape>;
  readonly write: ReturnType<typeof definitionShape>;
}

interface Parsing {
  readonly input: DefinitionInput;
  readonly locator: Locator;
  readonly places: Places;
  readonly collector: Collector;
  readonly shapes: Shapes;
  readonly expanded: Interpolated;
}

const knownShapes = new WeakMap<Vocabulary, Shapes>();

/** Building shapes costs more than most definitions: once per vocabulary. */
function shapesOf(vocabulary: Vocabulary): Shapes {
  const known = knownShapes.get(vocabulary);
  if (known !== undefined) return known;
  const check = definitionShape(vocabulary, 'check');
  const shapes = { check, write: definitionShape(vocabulary, 'write') };
  knownShapes.set(vocabulary, shapes);
  return shapes;
}

function parseData({ input, locator, places, collector, shapes, expanded }: Parsing): Spec | null {
  const { report } = collector;
  const { vocabulary } = input;
  const { data } = expanded;
  const wording = { report, vocabulary, shape: shapes.write, data, place: (path: Path) => path };
  const checked = shapes.check.safeParse(data);
  if (!checked.success) reportIssues(checked.error.issues, wording);
  const keywordReading = { report, vocabulary, shape: shapes.write, places };
  const keywords = readDefinitionKeywords(data, serverless, keywordReading);
  const variables = (path: Path) => expanded.variables.get(pathKey(path)) ?? [];
  checkInputPaths(keywords.sources, { report, variables, environment: input.environment });
  if (!checked.success || collector.failed()) return null;
  const shape: DefinitionShape = checked.data;
  const environment = createEnvironment(input.environment);
  const calendar = { timezone: shape.timezone, nowMs: input.environment.nowMs ?? Date.now() };
  const parameters = resolveParameters(shape.params ?? {}, { ...environment, ...calendar }, report);
  const connections = assembleConnections(shape, report);
  const unresolved = {
    sources: assembleSources(shape, keywords, report),
    sinks: assembleSinks(shape, keywords),
    errors: errorsOf(shape, keywords),
    connections,
  };
  if (collector.failed()) return null;
  const resolved = normalize(unresolved, {
    report,
    vocabulary,
    places,
    instead: keywords.sources,
    environment: input.environment,
    value: (name) => environment.value(name),
    variables,
  });
  const { name, description, version, timezone, limits, checkpoint } = shape;
  return {
    file: input.file,
    name,
    description,
    version,
    timezone,
    nowMs: calendar.nowMs,
    connections,
    parameters,
    ...resolved,
    stages: assembleStages(shape, keywords),
    limits: { memoryBytes: limits?.memory ?? 536_870_912, keys: limits?.keys ?? 100_000 },
    checkpoint: {
      everyMs: checkpoint?.every ?? 10_000,
      directory: checkpoint?.directory ?? '.engine/state',
    },
    tests: shape.tests,
    secrets: [...secretsOf(expanded, parameters), ...resolved.secrets],
    locator,
  };
}

function errorsOf(shape: DefinitionShape, { deadLetter }: DefinitionKeywords): ErrorSpec {
  const { errors, name } = shape;
  const stop = errors?.stop_when;
  const file = { path: `.engine/dead-letters/${name}.ndjson`, rotate: null };
  return {
    decode: errors?.decode ?? 'dead_letter',
    expression: errors?.expression ?? 'dead_letter',
    deadLetter: deadLetter ?? { keyword: 'file', args: file },
    stopWhen: stop === undefined ? null : { share: stop.share, ofLast: stop.of_last },
    giveUpAfterMs: errors?.sink?.give_up_after ?? null,
  };
}

function secretsOf({ secrets }: Interpolated, parameters: Spec['parameters']): string[] {
  const own = parameters.flatMap(({ name, value }) =>
    isSecretName(name) && typeof value === 'string' ? [value] : [],
  );
  return [...new Set([...secrets, ...own])];
}

/** Lines as they may be printed. */
const hidingLines = (locator: Locator, secrets: ReadonlySet<string>): Locator => ({
  ...locator,
  lineText: (line) => starSecrets(locator.lineText(line), secrets),
});

const hideSecrets = (diagnostic: Diagnostic, secrets: ReadonlySet<string>): Diagnostic =>
  secrets.size === 0
    ? diagnostic
    : {
        ...diagnostic,
        message: maskText(diagnostic.message, secrets),
        hint: diagnostic.hint === null ? null : maskText(diagnostic.hint, secrets),
      };
