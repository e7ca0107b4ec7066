import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codesIn, definition, found, planOf, planned } from './definition.fixture.ts';
import type { SourceNode } from './planner.ts';

const source = (schema: string, rest: string, connector = 'file: "data/*.ndjson"'): string =>
  definition({ source: `${connector}\nschema: ${schema}\n${rest}` });

const nodeOf = (text: string): SourceNode => planned(text).sources[0] as SourceNode;

const topic = 'kafka: { topic: readings }';

describe('columns of a source', () => {
  test('take slots in the order declared; what is not required may be null', () => {
    const { columns, fields } = nodeOf(
      source('{ b: string!, a: { path: main.temp, type: float } }', '', topic),
    );
    expect(columns).toEqual([
      { name: 'b', type: 'string', nullable: false, slot: 0 },
      { name: 'a', type: 'float', nullable: true, slot: 1 },
    ]);
    expect(fields).toEqual([
      { from: ['b'], type: 'string', required: true },
      { from: ['main', 'temp'], type: 'float', required: false },
    ]);
  });

  test('of the envelope are no paths in the document', () => {
    const { fields, columns } = nodeOf(source('{ _key: string, _offset: long }', '', topic));
    expect(fields.map(({ from }) => from)).toEqual(['_key', '_offset']);
    expect(columns.map(({ nullable }) => nullable)).toEqual([true, false]);
  });

  test.each([
    ['{ a: double, b: { path: a, type: string } }', 'a reads a already'],
    [
      '{ main: double, t: { path: main.temp, type: double } }',
      'main reads main, which holds main.temp',
    ],
    [
      '{ t: { path: main.temp, type: double }, main: double }',
      't reads main.temp, which is in main',
    ],
  ])('that meet in a record are refused: %s', (schema, message) => {
    expect(found(source(schema, ''))).toEqual([`same-path: ${message}`]);
  });

  test('may be named like what another reads', () => {
    expect(
      found(source('{ a: { path: b, type: double }, b: { path: a, type: double } }', '')),
    ).toEqual([]);
  });

  test('the watermark is the four durations and nothing else', () => {
    const node = nodeOf(source('{ t: double }', 'watermark: { out_of_order: 3s }', topic));
    expect(node.watermark).toEqual({
      outOfOrderMs: 3000,
      idleMs: 120_000,
      maxFutureMs: 300_000,
      maxDriftMs: 600_000,
    });
  });
});

describe('event time', () => {
  const types = ['bool', 'int', 'long', 'float', 'double', 'string', 'timestamp'];
  const readings = [
    { form: 'unit: ms', takes: ['int', 'long', 'double'] },
    { form: 'iso: true', takes: ['timestamp'] },
    { form: 'pattern: "yyyy-MM-dd"', takes: ['string'] },
  ];

  test('each form takes the types that can hold it and no other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.constantFrom(...readings),
        (type, { form, takes }) => {
          const text = source(`{ at: ${type} }`, `event_time: { column: at, ${form} }`);
          expect(codesIn(text)).toEqual(takes.includes(type) ? [] : ['event-time-type']);
        },
      ),
    );
  });

  test('of a wrong type is told what would do', () => {
    const text = source('{ at: string }', 'event_time: { column: at, unit: s }');
    expect(planOf(text).diagnostics.map(({ message, hint }) => [message, hint])).toEqual([
      [
        'event_time reads at, which is string; it takes int or long or double',
        'a number of seconds or milliseconds: declare it as long',
      ],
    ]);
  });

  test('T1: a local time is read in the zone of the pipeline', () => {
    const text = source('{ at: string }', 'event_time: { column: at, pattern: "yyyy-MM-dd" }');
    expect(nodeOf(text).eventTime).toEqual({
      kind: 'pattern',
      slot: 0,
      pattern: 'yyyy-MM-dd',
      timezone: 'Europe/Paris',
      ambiguous: 'earlier',
    });
  });

  test('the envelope’s own time is the broker’s; no other part of the envelope is a time', () => {
    const own = source('{ _timestamp: timestamp }', 'event_time: { column: _timestamp }', topic);
    expect(nodeOf(own).eventTime).toEqual({ kind: 'broker' });
    const other = source('{ _offset: long }', 'event_time: { column: _offset, unit: ms }', topic);
    expect(codesIn(other)).toEqual(['event-time-type']);
  });

  test('is read from a column that is there', () => {
    const text = source('{ at: string }', 'event_time: { column: att, unit: s }');
    expect(planOf(text).diagnostics.map(({ hint }) => hint)).toEqual(['did you mean at?']);
  });

  test('that is wrong does not keep the rest from being looked at', () => {
    const text = definition({
      source: 'file: a\nschema: { at: string }\nevent_time: { column: at, unit: s }',
      stages: 'kept: { from: readings, where: nonsense > 0 }',
      sinks: 'out: { from: kept, stdout: {} }',
    });
    expect(found(text)).toEqual([
      'event-time-type: event_time reads at, which is string; it takes int or long or double',
      'unknown-column: there is no column nonsense',
    ]);
  });

  test('a pattern is shown wrong at its letters', () => {
    const text = source('{ at: string }', 'event_time: { column: at, pattern: "yyyy-mm-dd" }');
    const [diagnostic] = planOf(text).diagnostics;
    expect(diagnostic?.code).toBe('date-pattern');
    const line = text.split('\n')[(diagnostic?.span.line ?? 0) - 1] ?? '';
    const { column = 0, endColumn = 0 } = diagnostic?.span ?? {};
    expect(line.slice(column - 1, endColumn - 1)).toBe('mm');
  });
});

test('two sources with mistakes are both reported', () => {
  const text = definition({}).replace(
    'sinks:',
    '  others: { file: b, schema: { at: bool }, event_time: { column: no, unit: s } }\nsinks:\n  o: { from: others, stdout: {} }',
  );
  expect(codesIn(text.replace('iso: true', 'unit: s'))).toEqual([
    'event-time-type',
    'unknown-column',
  ]);
});
