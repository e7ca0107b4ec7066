/**
 * The JSON schema of definitions, for editors: from the shape that validates them.
 */
import { z } from 'zod';
import type { KeywordFamily, Vocabulary } from './keyword.ts';
import { serverless } from './normalize-words.ts';
import { definitionShape } from './shape.ts';

/** A JSON schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON schema (draft 2020-12) of definitions in a vocabulary. */
export function definitionJsonSchema(vocabulary: Vocabulary): JsonSchema {
  const shape = definitionShape(vocabulary, 'write');
  const { $schema, ...schema } = z.toJSONSchema(shape, { io: 'input' }) as JsonSchema;
  const chosen = withChoices(schema, vocabulary);
  return { $schema, title: 'Pipeline definition', ...allowVariables(chosen) };
}

/** `${…}` may stand for every scalar that is not any text already; expressions are any text. */
function allowVariables(schema: JsonSchema): JsonSchema {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, allowBelow(key, value)]),
  );
  if (!isPickyScalar(schema)) return inner;
  const { description, ...own } = inner;
  const either = { anyOf: [own, { type: 'string', pattern: '\\$\\{' }] };
  return description === undefined ? either : { description, ...either };
}

function allowBelow(key: string, value: unknown): unknown {
  // Keys are never expanded; `required` and `enum` hold no schemas.
  if (key === 'propertyNames' || key === 'required' || key === 'enum') return value;
  if (key === 'properties') {
    const entries = Object.entries(value as Record<string, JsonSchema>);
    return Object.fromEntries(entries.map(([name, each]) => [name, allowVariables(each)]));
  }
  if (key === 'anyOf' || key === 'oneOf' || key === 'prefixItems') {
    return (value as JsonSchema[]).map(allowVariables);
  }
  const isSchema = key === 'items' || key === 'additionalProperties';
  return isSchema && typeof value === 'object' ? allowVariables(value as JsonSchema) : value;
}

const isPickyScalar = ({ type, pattern, ...schema }: JsonSchema): boolean =>
  'enum' in schema ||
  'const' in schema ||
  type === 'integer' ||
  type === 'number' ||
  type === 'boolean' ||
  (type === 'string' && pattern !== undefined);

/** What a shape cannot say: exactly one connector, one kind of connection, one kind of stage. */
function withChoices(schema: JsonSchema, vocabulary: Vocabulary): JsonSchema {
  const keywords = (family: KeywordFamily): string[] =>
    vocabulary.keywords
      .filter((each) => each.family === family && each.internal !== true)
      .map(({ keyword }) => keyword);
  const oneOf = (names: readonly string[]): JsonSchema => ({
    oneOf: names.map((name) => ({ required: [name] })),
  });
  const stage = {
    oneOf: [
      { required: ['window', 'aggregate'] },
      { anyOf: keywords('record').map((name) => ({ required: [name] })) },
    ],
  };
  const deadLetter = oneOf(['kafka', 'file']);
  const choices: readonly (readonly [path: readonly string[], choice: JsonSchema])[] = [
    [['connections', '*'], oneOf(['brokers', 'contact_points'])],
    [['sources', '*'], oneOf(keywords('source'))],
    [['sources', '*', 'instead', serverless], oneOf(keywords('source'))],
    [['sources', '*', 'instead', 'bounded'], oneOf(keywords('source'))],
    [['stages', '*'], stage],
    [['stages', '*', 'window'], oneOf(keywords('window'))],
    [['sinks', '*'], oneOf(keywords('sink'))],
    [['errors', 'dead_letter'], deadLetter],
  ];
  return choices.reduce((changed, [path, choice]) => addAt(changed, path, choice), schema);
}

/** The schema with `choice` added to the map at `path`; `*` is any name. */
function addAt(schema: JsonSchema, path: readonly string[], choice: JsonSchema): JsonSchema {
  const [step, ...rest] = path;
  if (step === undefined) return { ...schema, ...choice };
  if (step === '*') {
    const values = schema['additionalProperties'] as JsonSchema;
    return { ...schema, additionalProperties: addAt(values, rest, choice) };
  }
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const entries = Object.entries(properties).map(([name, each]) => [
    name,
    name === step ? addAt(each, rest, choice) : each,
  ]);
  return { ...schema, properties: Object.fromEntries(entries) as unknown };
}
