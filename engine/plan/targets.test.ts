import { describe, expect, test } from 'vitest';
import { codesIn, definition, found } from './definition.fixture.ts';

const twice = (one: string, other: string, stages = ''): string =>
  definition({
    stages,
    sinks: `one: { from: readings, ${one} }\nother: { from: ${stages === '' ? 'readings' : 's'}, ${other} }`,
  });

describe('two sinks', () => {
  test('do not write the same files', () => {
    const file = 'file: "data/{part}.ndjson"';
    expect(found(twice(file, file))).toEqual([
      'same-target: other writes what one writes: the files data/{part}.ndjson',
    ]);
    expect(codesIn(twice(file, 'file: "data/other-{part}.ndjson"'))).toEqual([]);
  });

  test('may write the same topic, or print', () => {
    const topic = 'kafka: { topic: t }';
    expect(codesIn(twice(topic, topic))).toEqual([]);
    expect(codesIn(twice('stdout: {}', 'stdout: {}'))).toEqual([]);
  });

  test('may write the same table if they see it alike', () => {
    const filled = 's: { from: readings, set: { more: t } }';
    const whole = 'cassandra: { table: r, primary_key: [[city]] }';
    expect(codesIn(twice(whole, whole))).toEqual([]);
    expect(codesIn(twice(whole, whole, filled))).toEqual([]);
  });

  test('do not write one table by two keys', () => {
    const text = twice(
      'cassandra: { table: r, primary_key: [[city], t] }',
      'cassandra: { table: r, primary_key: [[city, t]] }',
    );
    expect(found(text)).toEqual([
      'same-target: other writes what one writes: the table r, but by the key [[city,t]], not [[city],t]',
    ]);
  });

  test('do not write a column of one table in two types', () => {
    const table = 'cassandra: { table: r, primary_key: [[city]] }';
    expect(found(twice(table, table, 's: { from: readings, set: { felt: city } }'))).toEqual([
      'same-target: other writes what one writes: the table r, but with felt as string, not double',
    ]);
  });

  test('may write tables of one name in two keyspaces', () => {
    const text = twice(
      'cassandra: { table: r, primary_key: [[city], t] }',
      'cassandra: { connection: second, table: r, primary_key: [[city, t]] }',
    ).replace(
      'params:',
      '  second: { contact_points: "localhost:9042", keyspace: elsewhere }\nparams:',
    );
    expect(codesIn(text)).toEqual([]);
  });
});
