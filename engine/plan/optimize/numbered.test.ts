import { describe, expect, test } from 'vitest';
import { definition, planned } from '../definition.fixture.ts';
import { lookupsIn } from './lookups.fixture.ts';
import { numberTexts } from './numbered.ts';
import { repliesOf } from './random-pipeline.fixture.ts';

const PATTERN = 'event_time: { column: date, pattern: "yyyy-MM-dd HH:mm:ss" }';
const ISO = 'event_time: { column: at, iso: true }';

const sourceWith = (eventTime: string): string => `
file: "data/*.ndjson"
schema: { date: string!, at: timestamp!, city: string, region: string, tags: "array<string>", n: int, _key: string, t: double! }
${eventTime}
watermark: { out_of_order: 10m }
`;

const windowBy = (group: string, from = 'readings', name = 'w'): string =>
  `${name}: { from: ${from}, window: { tumbling: 10m }, ${group === '' ? '' : `group_by: [${group}], `}aggregate: { most: max(t) } }`;

const planFor = (stages: string, eventTime = ISO, name = 'w') =>
  planned(
    definition({
      source: sourceWith(eventTime),
      stages,
      sinks: `out: { from: ${name}, stdout: {} }`,
    }),
  );

/** The columns that are marked. */
function marked(...args: Parameters<typeof planFor>): string[] {
  const plan = planFor(...args);
  const { plan: after, rewrites } = numberTexts(plan);
  const names = after.sources.flatMap(({ fields, columns }) =>
    fields.flatMap(({ numbered }, i) => (numbered === true ? (columns[i]?.name ?? '?') : [])),
  );
  const words = `readings: equal texts of ${names.join(', ')} are told by number`;
  expect(rewrites).toEqual(names.length === 0 ? [] : [words]);
  // Nothing else is changed; nothing at all where nothing is marked.
  if (names.length === 0) expect(after).toBe(plan);
  const bare = after.sources.map((source) => ({
    ...source,
    fields: source.fields.map(({ numbered: _, ...field }) => field),
  }));
  expect({ ...after, sources: bare }).toEqual(plan);
  return names;
}

describe('texts are told by number', () => {
  test.each([
    ['the one key of a window', ['city'], windowBy('city'), ISO],
    ['what event times are read from', ['date'], windowBy('n'), PATTERN],
    ['both', ['date', 'city'], windowBy('city'), PATTERN],
    ['one that is both', ['date'], windowBy('date'), PATTERN],
    [
      'the keys of several windows',
      ['city', 'region'],
      `${windowBy('region')}\n${windowBy('city', 'readings', 'v')}\n${windowBy('city', 'readings', 'u')}`,
      ISO,
    ],
    [
      'the key of one window, though it is one of two in another',
      ['city'],
      `${windowBy('city')}\n${windowBy('city, region', 'readings', 'v')}`,
      ISO,
    ],
    [
      'a key that row-wise stages pass on',
      ['city'],
      `one: { from: readings, where: t > 1 }\n${windowBy('city', 'one')}`,
      ISO,
    ],
  ])('of %s', (_, names, stages, eventTime) => {
    expect(marked(stages, eventTime)).toEqual(names);
  });

  test.each([
    ['keys of two columns', windowBy('city, region')],
    ['a number', windowBy('n')],
    ['a list', windowBy('tags')],
    ['the key of the envelope', windowBy('_key')],
    ['no key', windowBy('')],
    [
      'a key that is computed',
      `one: { from: readings, set: { city: upper(city) } }\n${windowBy('city', 'one')}`,
    ],
    [
      'a key that is looked up after a dedup, on the main thread',
      `one: { from: readings, dedup: { by: [city, n], within: 1h } }\n${windowBy('city', 'one')}`,
    ],
  ])('of %s they are not', (_, stages) => {
    expect(marked(stages)).toEqual([]);
  });

  test('so that a key is looked up again only when others have come between', () => {
    const plan = planFor(windowBy('city'), PATTERN);
    const { plan: after } = numberTexts(plan);
    const rows = Array.from({ length: 40 }, (_, n) => ({
      ...{ city: `City ${String(n % 4)}`, date: '2024-03-28 10:00:00' },
      ...{ at: '2024-03-28T10:00:00Z', t: n },
    }));
    const plainly = lookupsIn(() => repliesOf(plan, rows));
    const byNumber = lookupsIn(() => repliesOf(after, rows));
    // Records are learned from at first; from the second reading on there are four keys to look up.
    expect(plainly % rows.length).toBe(0);
    expect(byNumber).toBe(rows.length + 4);
    expect(repliesOf(after, rows)).toEqual(repliesOf(plan, rows));
  });
});
