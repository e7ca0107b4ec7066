/**
 * The shape of a definition: every key of the language that is not a connector's or a stage's own.
 */
import { z } from 'zod';
import * as fields from './fields.ts';
import type { Keyword, KeywordFamily, Vocabulary } from './keyword.ts';
import { serverless } from './normalize-words.ts';
import { scalar } from './scalar.ts';
import { shapeOf } from './schema-walk.ts';
import { connection } from './shape-connection.ts';
import { format } from './shape-format.ts';
import * as parts from './shape-parts.ts';
import { tests } from './test-fields.ts';

/** What stands at the place of a keyword's value: nothing is known (checking) or its fields (writing). */
export type Mode = 'check' | 'write';

/**
 * The shape for a vocabulary. `check` leaves connectors open: connectors.ts holds them against their
 * keyword, so that nobody reads "no branch of the union fits". `write` has everything in it, for the
 * JSON schema, the reference and suggestions.
 */
export function definitionShape(vocabulary: Vocabulary, mode: Mode) {
  const keys = (family: KeywordFamily) => keywordFields(vocabulary, family, mode);
  return z.strictObject({
    ...header,
    sources: z
      .record(
        fields.identifier('a source'),
        z.strictObject({ ...keys('source'), ...sourceFields(keys) }),
      )
      .describe('Where rows come from, by name.'),
    stages: z
      .record(
        fields.identifier('a stage'),
        z.strictObject({ ...keys('record'), ...stageFields(keys) }),
      )
      .optional()
      .describe('What happens to rows, by name; stages read sources and each other by `from`.'),
    sinks: z
      .record(fields.identifier('a sink'), z.strictObject({ ...keys('sink'), ...sinkFields }))
      .describe('Where rows go, by name.'),
    errors: z
      .strictObject({
        ...parts.errors,
        dead_letter: connector(keys('sink')).optional().describe(parts.deadLetterText),
      })
      .optional()
      .describe('What happens to records that cannot be used.'),
  });
}

type KeywordFields = Record<string, z.ZodType>;

/** The keywords of a family, and the fields that may stand beside them, all optional. */
function keywordFields(vocabulary: Vocabulary, family: KeywordFamily, mode: Mode): KeywordFields {
  const entries = new Map<string, z.ZodType>();
  for (const keyword of vocabulary.keywords) {
    if (keyword.family !== family || keyword.internal === true) continue;
    const field = mode === 'check' ? z.unknown() : writtenField(keyword);
    entries.set(keyword.keyword, field.optional().describe(keyword.summary));
  }
  for (const keyword of vocabulary.keywords) {
    if (keyword.family !== family || keyword.internal === true) continue;
    for (const [name, field] of besideFields(keyword)) {
      entries.set(name, mode === 'check' ? z.unknown().optional() : field.optional());
    }
  }
  return Object.fromEntries(entries);
}

function besideFields(keyword: Keyword): [string, z.ZodType][] {
  const shape = shapeOf(keyword.fields);
  return (keyword.beside ?? []).flatMap((name) => {
    const field = shape?.[name];
    return field === undefined ? [] : [[name, field] as [string, z.ZodType]];
  });
}

function writtenField(keyword: Keyword): z.ZodType {
  const short = keyword.short === undefined ? undefined : shapeOf(keyword.fields)?.[keyword.short];
  return short === undefined ? keyword.fields : z.union([short, keyword.fields]);
}

const connector = (keywords: KeywordFields) => z.strictObject(keywords);

const header = {
  name: fields
    .word(
      'a pipeline name',
      /^[a-z][a-z0-9_-]{0,62}$/,
      'small letters, digits, - and _, a letter first',
    )
    .describe('Name of the pipeline; state and dead letters are kept under it.'),
  description: fields.maybe(fields.text().describe('What the pipeline is for.')),
  version: fields.otherwise(
    scalar({
      what: '`1`',
      json: { const: 1 },
      read: (value) =>
        String(value) === '1'
          ? { value: 1 as const }
          : {
              code: 'unsupported-version',
              message: `this engine reads version 1 of the language, not \`${String(value)}\``,
              hint: 'write `version: 1`, or use the engine the definition was written for',
            },
    }).describe('Version of the language.'),
    1 as const,
  ),
  timezone: fields.otherwise(
    parts.timezone().describe('Zone of local times without one, and of windows of days.'),
    'UTC',
  ),
  connections: z
    .record(fields.identifier('a connection'), connection)
    .optional()
    .describe(
      'Servers, by name: `kafka` and `cassandra` are the ones taken unless another is named.',
    ),
  params: z
    .record(
      fields.word(
        'a parameter',
        /^[A-Za-z_][A-Za-z0-9_]*$/,
        'letters, digits and _, no digit first',
      ),
      parts.parameter,
    )
    .optional()
    .describe('Typed values for expressions (`$NAME`), overridden by --set and the environment.'),
  limits: parts.limits,
  checkpoint: parts.checkpoint,
  tests,
};

const sourceFields = (keys: (family: KeywordFamily) => KeywordFields) => ({
  instead: z
    .strictObject({
      [serverless]: connector(keys('source')).optional().describe(parts.standInText),
      bounded: connector(keys('source')).optional().describe('What is read with --bounded.'),
      simulated: connector(keys('source'))
        .optional()
        .describe('What is read with --simulate instead of asking an API.'),
    })
    .optional()
    .describe('What stands in for the connector.'),
  format,
  schema: parts.schema,
  event_time: parts.eventTime,
  watermark: parts.watermark,
});

const stageFields = (keys: (family: KeywordFamily) => KeywordFields) => ({
  from: parts.fromSome('The source or stage whose rows it reads; a list is the union of several.'),
  window: z
    .strictObject({ ...keys('window'), ...parts.windowFields })
    .optional()
    .describe('Makes it a window stage.'),
  ...parts.windowStageFields,
});

const sinkFields = {
  from: parts.from('The source or stage whose rows it writes.'),
  where: fields.maybe(fields.expression().describe('Only rows for which this is true.')),
};

/** A source as it comes out of checking, its connector's keys aside. */
export type SourceShape = z.output<z.ZodObject<ReturnType<typeof sourceFields>>>;
/** A stage as it comes out of checking, its record keywords aside. */
export type StageShape = z.output<z.ZodObject<ReturnType<typeof stageFields>>>;
/** A sink as it comes out of checking, its connector's keys aside. */
export type SinkShape = z.output<z.ZodObject<typeof sinkFields>>;
/** Everything else of a definition. */
export type HeaderShape = z.output<z.ZodObject<typeof header>>;
/** The error policies, the place of dead letters aside. */
export type ErrorsShape = z.output<z.ZodObject<typeof parts.errors>>;

/** A checked definition. */
export interface DefinitionShape extends HeaderShape {
  readonly sources: Readonly<Record<string, SourceShape>>;
  readonly stages?: Readonly<Record<string, StageShape>> | undefined;
  readonly sinks: Readonly<Record<string, SinkShape>>;
  readonly errors?: ErrorsShape | undefined;
}
