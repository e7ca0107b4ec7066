import { describe, expect, it } from 'vitest';
import { planned } from './definition.fixture.ts';
import { migrationOf } from './migration.ts';
import { shapeOf } from './shape.ts';

const base = `
name: moved
timezone: Europe/Paris
connections:
  kafka: { brokers: "one:9092" }
sources:
  readings:
    kafka: { topic: readings }
    format: json
    schema: { city: string!, t: double!, n: int, at: string! }
    event_time: { column: at, pattern: "yyyy-MM-dd HH:mm:ss" }
    watermark: { out_of_order: 10s }
stages:
  once:
    from: readings
    dedup: { by: [city, at], within: 1h }
  warm:
    from: readings
    where: t > 0
  cold:
    from: readings
    where: t < 0
  tens:
    from: warm
    window: { tumbling: 10m }
    group_by: [city]
    aggregate:
      rows: count()
sinks:
  out: { from: tens, kafka: { topic: out } }
  all: { from: cold, kafka: { topic: all } }
  first: { from: once, kafka: { topic: first } }
`;

const shape = (text: string) => shapeOf(planned(text));
const change = (from: string, to: string): string => {
  expect(base).toContain(from);
  return base.replace(from, to);
};
const hourly = `  hours:
    from: warm
    window: { tumbling: 1h }
    group_by: [city]
    aggregate:
      rows: count()
sinks:
  hourly: { from: hours, kafka: { topic: hours } }`;

const possible: readonly (readonly [what: string, text: string, said: RegExp])[] = [
  [
    'a row-wise stage is added',
    change(
      'sinks:',
      '  more:\n    from: readings\n    where: t > 9\nsinks:\n  more: { from: more, kafka: { topic: more } }',
    ),
    /more is new: it gives the rows from here on/,
  ],
  [
    'a row-wise stage changes that no window rests on',
    change('t < 0', 't < -1'),
    /cold has changed, for rows from here on/,
  ],
  [
    'a window is added',
    change('sinks:', hourly),
    /hours is new: its first windows are those that begin behind/,
  ],
  ['a column is added', change('n: int', 'n: int, m: long'), /readings: column m, from here on/],
  ['a column goes', change(', n: int', ''), /readings: column n, from here on/],
  [
    'a having changes',
    change('      rows: count()', '      rows: count()\n    having: rows > 1'),
    /tens: having, for windows that close from here on/,
  ],
];

const impossible: readonly (readonly [what: string, text: string, said: RegExp])[] = [
  ['what a window reads changes', change('t > 0', 't > 1'), /warm changes what tens keeps/],
  [
    'a window changes',
    change('tumbling: 10m', 'tumbling: 5m'),
    /tens keeps windows of another kind/,
  ],
  [
    'an aggregate changes',
    change('rows: count()', 'rows: count(n)'),
    /tens keeps windows of another kind/,
  ],
  ['a dedup changes', change('within: 1h', 'within: 2h'), /once keeps keys of another kind/],
  [
    'a dedup is added',
    change('where: t < 0', 'where: t < 0\n    dedup: { by: [city, at], within: 1h }'),
    /cold keeps keys of another kind/,
  ],
  ['a column has another type', change('n: int', 'n: long'), /readings: column n cannot change/],
  [
    'the clock changes',
    change('out_of_order: 10s', 'out_of_order: 20s'),
    /readings: out_of_order cannot change/,
  ],
  [
    'a window over windows is added',
    change('sinks:', hourly.replace('from: warm', 'from: tens')),
    /hours is new, over windows that have closed/,
  ],
];

describe('a saved state and a definition that has changed', () => {
  it.each(possible)('can go on when %s', (_, text, said) => {
    const { consequences, obstacles } = migrationOf(shape(base), shape(text));
    expect(obstacles).toEqual([]);
    expect(consequences).toHaveLength(1);
    expect(consequences[0]).toMatch(said);
  });

  it.each(impossible)('cannot when %s', (_, text, said) => {
    const { obstacles } = migrationOf(shape(base), shape(text));
    expect(obstacles.join('\n')).toMatch(said);
  });

  it.each(possible.filter(([what]) => /is added/.test(what)))(
    'can go back after %s: what is gone is said',
    (_, text) => {
      const { consequences, obstacles } = migrationOf(shape(text), shape(base));
      expect(obstacles).toEqual([]);
      expect(consequences).toHaveLength(1);
    },
  );

  it('have nothing to say to each other when they are equal', () => {
    const none = { consequences: [], obstacles: [] };
    expect(migrationOf(shape(base), shape(base))).toEqual(none);
  });

  it('cannot when a source is another one', () => {
    const other = base
      .replaceAll('readings:', 'others:')
      .replaceAll('from: readings', 'from: others');
    const { obstacles } = migrationOf(shape(base), shape(other));
    expect(obstacles.join('\n')).toMatch(/source readings is gone/);
    expect(obstacles.join('\n')).toMatch(/source others is new/);
  });
});
