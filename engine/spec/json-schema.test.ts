import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { vocabulary } from '../stages/registry.ts';
import { small, withStage } from './definition.fixture.ts';
import { definitionJsonSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';

const schema = definitionJsonSchema(vocabulary);

/** A validator of the part of JSON schema that is used here, as the specification words it. */
function accepts(part: unknown, data: unknown): boolean {
  if (typeof part !== 'object' || part === null) return part !== false;
  return Object.entries(part).every(([key, value]) => {
    const rule = rules.get(key);
    if (rule === undefined) throw new Error(`the oracle does not know ${key}`);
    return rule(value, data, part as JsonSchema);
  });
}

type Rule = (value: unknown, data: unknown, part: JsonSchema) => boolean;
type Parts = Readonly<Record<string, unknown>>;

const isMap = (data: unknown): data is Parts =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

const kinds: ReadonlyMap<string, (data: unknown) => boolean> = new Map([
  ['object', isMap],
  ['array', (data) => Array.isArray(data)],
  ['string', (data) => typeof data === 'string'],
  ['number', (data) => typeof data === 'number'],
  ['integer', (data) => Number.isInteger(data)],
  ['boolean', (data) => typeof data === 'boolean'],
  ['null', (data) => data === null],
]);

const says: Rule = () => true;
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['$schema', says],
  ['title', says],
  ['description', says],
  ['type', (value, data) => [value].flat().some((kind) => kinds.get(String(kind))?.(data))],
  ['enum', (value, data) => (value as unknown[]).includes(data)],
  ['const', (value, data) => value === data],
  [
    'pattern',
    (value, data) => typeof data !== 'string' || new RegExp(String(value), 'u').test(data),
  ],
  ['minimum', (value, data) => typeof data !== 'number' || data >= Number(value)],
  ['maximum', (value, data) => typeof data !== 'number' || data <= Number(value)],
  ['minItems', (value, data) => !Array.isArray(data) || data.length >= Number(value)],
  ['items', (value, data) => !Array.isArray(data) || data.every((item) => accepts(value, item))],
  ['anyOf', (value, data) => (value as unknown[]).some((each) => accepts(each, data))],
  [
    'oneOf',
    (value, data) => (value as unknown[]).filter((each) => accepts(each, data)).length === 1,
  ],
  [
    'required',
    (value, data) => !isMap(data) || (value as string[]).every((key) => Object.hasOwn(data, key)),
  ],
  [
    'propertyNames',
    (value, data) => !isMap(data) || Object.keys(data).every((key) => accepts(value, key)),
  ],
  [
    'properties',
    (value, data) =>
      !isMap(data) ||
      Object.entries(data).every(
        ([key, item]) =>
          !Object.hasOwn(value as Parts, key) || accepts((value as Parts)[key], item),
      ),
  ],
  [
    'additionalProperties',
    (value, data, part) =>
      !isMap(data) ||
      Object.entries(data).every(
        ([key, item]) =>
          Object.hasOwn((part['properties'] ?? {}) as Parts, key) || accepts(value, item),
      ),
  ],
]);

const valid = (text: string): boolean => accepts(schema, parseYaml(text));

const pipelines = new URL('../../pipelines/', import.meta.url);
const shipped = readdirSync(pipelines).filter((name) => name.endsWith('.yaml'));

describe('the JSON schema', () => {
  test.each(shipped)('takes pipelines/%s', (name) => {
    expect(valid(readFileSync(new URL(name, pipelines), 'utf8'))).toBe(true);
  });

  test('takes what the language takes', () => {
    expect(valid(small())).toBe(true);
    expect(valid(withStage('where: 1', 'set: { a: true }'))).toBe(true);
    expect(valid(small('limits: { memory: "${MEMORY}", keys: "${KEYS:-5}" }\n'))).toBe(true);
    expect(valid(small('connections: { kafka: { brokers: "a:1", tls: "${TLS}" } }\n'))).toBe(true);
    expect(valid(small().replace('string!', '{ path: a.b, type: string! }'))).toBe(true);
  });

  test.each([
    ['an unknown key', small('limit: {}\n')],
    ['a missing key', small().replace('name: small\n', '')],
    ['no connector', small().replace('    file: "data/*.ndjson"\n', '')],
    ['two connectors', small().replace('stdout: {}', 'stdout: {}, file: x')],
    ['a duration without unit', small('checkpoint: { every: 10 }\n')],
    ['a number too small', small('limits: { keys: 0 }\n')],
    ['text that is no number', small('limits: { keys: many }\n')],
    ['a type that does not exist', small().replace('double', 'number')],
    ['a word that is none of the choices', small('errors: { decode: ignore }\n')],
    ['a connection of no kind', small('connections: { kafka: { tls: true } }\n')],
    ['a window stage that computes nothing', withStage('window: { tumbling: 10m }')],
    [
      'a window stage with a condition',
      withStage('window: { tumbling: 10m }', 'aggregate: { n: count() }', 'where: t > 0'),
    ],
    ['a stage that does nothing', withStage()],
    ['a name with a variable in it', small().replace('  out:', '  "${OUT}":')],
  ])('refuses %s', (_what, text) => {
    expect(valid(text)).toBe(false);
  });

  test('every scalar that is picky also takes a variable, and nothing else new', () => {
    expect(valid(small('timezone: "${TZ}"\nversion: "${V}"\n'))).toBe(true);
    expect(valid(small('version: "2"\n'))).toBe(false);
  });
});
