import { expect, test } from 'vitest';
import { STORED_TYPES } from '../io/table/table.ts';
import { vocabulary } from '../stages/registry.ts';
import { parse, small } from './definition.fixture.ts';
import { definitionReference } from './reference.ts';
import { types } from './reference-prose.ts';

const reference = definitionReference(vocabulary);

test('every keyword people write has a chapter with an example and its fields', () => {
  for (const { keyword, summary, internal } of vocabulary.keywords) {
    const chapter = `### \`${keyword}\`\n\n${summary}`;
    expect(reference.includes(chapter)).toBe(internal !== true);
  }
});

test('the examples of keywords are right', () => {
  const connections =
    'connections:\n  kafka: { brokers: "a:1" }\n  cassandra: { contact_points: "b:1", keyspace: k }\n';
  const indented = (text: string): string => text.replaceAll('\n', '\n    ');
  for (const { keyword, family, example, internal } of vocabulary.keywords) {
    if (internal === true) continue;
    const text = {
      source: small(connections).replace(
        'file: "data/*.ndjson"',
        indented(
          example.replace(/^\{ (.*) \}$/, (_, inner: string) => inner.replaceAll(', ', '\n')),
        ),
      ),
      sink: small(connections).replace('stdout: {}', example),
      record: small(`${connections}stages:\n  s:\n    from: readings\n    ${indented(example)}\n`),
      window: small(
        `${connections}stages:\n  s:\n    from: readings\n    ${example}\n    aggregate: { n: count() }\n`,
      ),
    }[family];
    expect([keyword, parse(text).diagnostics]).toEqual([keyword, []]);
  }
});

test('the types of the table are the ones tables are made with', () => {
  const documented = Object.fromEntries(types.map(([name, , cassandra]) => [name, cassandra]));
  expect(documented).toEqual(STORED_TYPES);
});

test('every row of a table has as many cells as its head', () => {
  let width = 0;
  for (const line of reference.split('\n')) {
    const cells = line.startsWith('|') ? line.replaceAll('\\|', '').split('|').length : 0;
    if (cells > 0 && width > 0) expect(cells, line).toBe(width);
    width = cells;
  }
});
