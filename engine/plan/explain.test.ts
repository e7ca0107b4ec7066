import { describe, expect, test } from 'vitest';
import { SourceProgram } from '../../workers/program.ts';
import { definition, planned } from './definition.fixture.ts';
import { explainPlan, planData } from './explain.ts';
import { explainProgram } from './explain-program.ts';

const text = definition({
  stages: `
warm:
  from: readings
  where: t > $LEAST
  set: { gap: t - felt }
hours:
  from: warm
  window: { sliding: 90m, every: 30m, offset: 5m, grace: 1m }
  group_by: [city]
  aggregate:
    n: count()
    mean: avg(gap)
    spread: max(t + 1) - min(t + 1)
  late: dead_letter
days:
  from: readings
  window: { tumbling: 1d }
  aggregate: { n: count() }
often: { from: hours, where: n > 10 }`,
  sinks: `
hours: { from: often, cassandra: { table: hours, primary_key: [[city], window_start] } }
days: { from: days, stdout: {} }
warm: { from: warm, where: gap > 5, kafka: { topic: warm, key: city } }
copy: { from: readings, file: "copy/{part}.ndjson" }`,
  more: 'errors: { stop_when: { share: 2.5%, of_last: 1000 } }',
});

test('a plan in words says what runs where', () => {
  expect(explainPlan(planned(text))).toBe(`\
pipeline test (time zone Europe/Paris)

in worker threads:
  source readings: file data/*.ndjson, framing lines, bounded
      scan city string!, region string, t double!, felt double, n int, at timestamp!
      event time from at
      watermark: out of order 10s, idle 2m, future 5m, drift 10m
    stage warm
        where t > 1.0
        set gap double = t - felt
      window hours: sliding 1h30m every 30m, offset 5m, partial aggregates by city and pane
          compute t + 1
          accumulate rows for count(); max for max(t + 1); min for min(t + 1); sum for avg(gap)
      sink warm: kafka warm
          where gap > 5
          write city string!, region string, t double!, felt double, n int, at timestamp!, gap double
    window days: tumbling 1d, local days of Europe/Paris, partial aggregates by pane
        accumulate rows for count()
    sink copy: file copy/{part}.ndjson
        write city string!, region string, t double!, felt double, n int, at timestamp!

on the main thread:
  window hours: sliding 1h30m every 30m, offset 5m
      close at watermark ≥ end + 1m; late: dead_letter; emit: final
      state: about 55 MiB at most, with limits.keys = 100000 keys and 5 panes open
      set spread double = max(t + 1) - min(t + 1)
      rows city string!, window_start timestamp!, window_end timestamp!, n long!, mean double, spread double!
    stage often
        where n > 10
      sink hours: cassandra hours
          write city string!, window_start timestamp!, window_end timestamp!, n long!, mean double, spread double!

  window days: tumbling 1d, local days of Europe/Paris
      close at watermark ≥ end + 0s; late: drop; emit: final
      state: about 1 MiB at most, with 1 key and 3 panes open
      rows window_start timestamp!, window_end timestamp!, n long!
    sink days: stdout
        write window_start timestamp!, window_end timestamp!, n long!

dead letters → file .engine/dead-letters/test.ndjson (decode: dead_letter, expression: dead_letter)
stop when more than 2.5% of the last 1000 records are dead letters
checkpoint every 10s in .engine/state
`);
});

const deduped = definition({
  stages: `
once:
  from: readings
  where: t > 1
  dedup: { by: [city, at], within: 90m }
  set: { gap: t - felt }
again: { from: once, dedup: { by: [city], within: 1m } }
hours: { from: again, window: { tumbling: 1h }, group_by: [city], aggregate: { mean: avg(gap) } }`,
  sinks: `
hours: { from: hours, stdout: {} }
raw: { from: readings, stdout: {} }`,
});

test('a dedup is said to hand over to the main thread, where all that follows it runs', () => {
  const [head = '', main = ''] = explainPlan(planned(deduped)).split('on the main thread:\n');
  expect(head.slice(head.indexOf('    stage'))).toBe(`\
    stage once, up to its dedup
        where t > 1
        hand over keys of city, at and columns city, t, felt
    sink raw: stdout
        write city string!, region string, t double!, felt double, n int, at timestamp!

`);
  expect(main.slice(0, main.indexOf('\n\ndead letters'))).toBe(`\
  stage once, in the order of each partition
      dedup by city, at within 1h30m
      set gap double = t - felt
    stage again
        dedup by city within 1m
      window hours: tumbling 1h, partial aggregates by city and pane
          accumulate sum for avg(gap)

  window hours: tumbling 1h
      close at watermark ≥ end + 0s; late: drop; emit: final
      state: about 19 MiB at most, with limits.keys = 100000 keys and 3 panes open
      rows city string!, window_start timestamp!, window_end timestamp!, mean double
    sink hours: stdout
        write city string!, window_start timestamp!, window_end timestamp!, mean double`);
});

test('O2: a dedup of rows of windows is told below these, with the order that it goes by', () => {
  const text = explainPlan(
    planned(
      definition({
        stages: `
hours: { from: readings, window: { tumbling: 1h }, group_by: [city], aggregate: { n: count() } }
days: { from: readings, window: { tumbling: 1d }, group_by: [city], aggregate: { n: count() } }
rare: { from: hours, dedup: { by: [n], within: 2h } }
both: { from: [hours, days], dedup: { by: [city, n], within: 2d } }`,
        sinks: 'rare: { from: rare, stdout: {} }\nboth: { from: both, stdout: {} }',
      }),
    ),
  );
  expect(text).toContain(`
    stage rare, in the order of window_end
        dedup by n within 2h
`);
  expect(text).toContain(`
    stage both, union of hours, days, in the order of window_end, as far as days and hours are closed
        dedup by city, n within 2d
`);
});

test('O2: a dedup over several sources is told with the order that it goes by', () => {
  const text = definition({
    stages: `
a: { from: readings, select: [city, at, t] }
b: { from: other, select: [city, at, t] }
once: { from: [a, b], dedup: { by: [city, at], within: 1h }, set: { u: t + 1 } }`,
    sinks: 'out: { from: once, stdout: {} }',
  }).replace('sources:\n', `sources:\n  ${other}\n`);
  const [head = '', main = ''] = explainPlan(planned(text)).split('on the main thread:\n');
  expect(head).toContain(`
      stage once, union of a, b, up to its dedup
          hand over keys of city, at and columns city, at, t
`);
  expect(main.slice(0, main.indexOf('\n\ndead letters'))).toBe(`\
  stage once, in the order of the watermarks of other and readings
      dedup by city, at within 1h
      set u double = t + 1
    sink out: stdout
        write city string!, at timestamp!, t double!, u double!`);
});

const other = `other: { file: "more/*.ndjson", schema: { city: string!, at: timestamp!, t: double! }, event_time: { column: at, iso: true } }`;

test('W8: a window over windows is told below the one it reads, and when it closes', () => {
  const text = explainPlan(
    planned(
      definition({
        stages: `
minutes: { from: readings, window: { tumbling: 1m, grace: 5s }, group_by: [city], aggregate: { n: count() } }
busy: { from: minutes, where: n > 3 }
hours: { from: busy, window: { tumbling: 1h }, group_by: [city], aggregate: { most: max(n) } }`,
        sinks: 'hours: { from: hours, stdout: {} }',
      }),
    ),
  );
  const [, main = ''] = text.split('on the main thread:\n');
  expect(main.slice(0, main.indexOf('\n\ndead letters'))).toBe(`\
  window minutes: tumbling 1m
      close at watermark ≥ end + 5s; late: drop; emit: final
      state: about 13 MiB at most, with limits.keys = 100000 keys and 3 panes open
      rows city string!, window_start timestamp!, window_end timestamp!, n long!
    stage busy
        where n > 3
      window hours: tumbling 1h, aggregates by city and pane
          accumulate max for max(n)

  window hours: tumbling 1h
      close when minutes is closed up to end + 0s; emit: final
      state: about 15 MiB at most, with limits.keys = 100000 keys and 2 panes open
      rows city string!, window_start timestamp!, window_end timestamp!, most long!
    sink hours: stdout
        write city string!, window_start timestamp!, window_end timestamp!, most long!`);
});

test('W7: a window that counts is told with the order it counts in, and when it closes', () => {
  const text = explainPlan(
    planned(
      definition({
        stages: `
hundreds: { from: readings, window: { count: 100 }, group_by: [city], aggregate: { mean: avg(t) } }
minutes: { from: readings, window: { tumbling: 1m }, group_by: [city], aggregate: { n: count() } }
sixty: { from: minutes, window: { count: 60 }, aggregate: { most: max(n) } }`,
        sinks: 'hundreds: { from: hundreds, stdout: {} }\nsixty: { from: sixty, stdout: {} }',
      }),
    ),
  );
  expect(text).toContain('window hundreds: count 100, partial aggregates by city and record');
  expect(text).toContain(`
  window hundreds: count 100
      count in the order of each partition; close when full, at the end of the input all
      state: about 19 MiB at most, with limits.keys = 100000 keys and 2 windows each open
      rows city string!, partition int!, window_index long!, mean double!
`);
  expect(text).toContain(`
  window sixty: count 60
      count in the order of minutes; close when full, at the end of the input all
      state: about 1 MiB at most, with 1 key and 2 windows each open
      rows partition int!, window_index long!, most long!
`);
});

test('a plan without windows has nothing on the main thread', () => {
  expect(explainPlan(planned(definition({})))).not.toContain('main thread');
});

test('every form of event time is said', () => {
  const time = (schema: string, eventTime: string): string =>
    explainPlan(
      planned(definition({ source: `kafka: { topic: t }\nschema: ${schema}\n${eventTime}` })),
    )
      .split('\n')
      .find((line) => line.includes('event time'))
      ?.trim() ?? '';
  expect(time('{ t: long }', '')).toBe('event time from the broker’s timestamp');
  expect(time('{ t: long }', 'event_time: { column: t, unit: s }')).toBe('event time from t, in s');
  expect(time('{ t: string }', 'event_time: { column: t, pattern: "yyyy-MM-dd" }')).toBe(
    'event time from t, as yyyy-MM-dd in Europe/Paris (of two equal times earlier)',
  );
});

test('a plan as data has the names of connections and none of their settings', () => {
  const data = JSON.stringify(planData(planned(text)));
  expect(data).not.toContain('9092');
  expect(data).not.toContain('9042');
  expect(data).toContain('"connection":"kafka"');
  expect(data).toContain('"connection":"cassandra"');
});

describe('the generated code', () => {
  test('is printed stage by stage, before windows and after', () => {
    const titles = explainProgram(planned(text)).match(/^\/\/ .*$/gm);
    expect(titles).toEqual([
      '// stage warm',
      '// window hours: arguments of its aggregates',
      '// window hours: rows of closed windows',
      '// stage often',
      '// sink warm',
    ]);
  });

  test('is what worker threads run', () => {
    const plan = planned(text);
    const printed = explainProgram(plan);
    const { source } = new SourceProgram(plan, 0, 0);
    const functions = source.split('"use strict";').filter((one) => one !== '');
    expect(functions.length).toBe(3);
    for (const one of functions) expect(printed).toContain(one.trim());
  });

  test('of a stage with a dedup is printed in two parts, of which the worker runs the first', () => {
    const plan = planned(deduped);
    const printed = explainProgram(plan);
    expect(printed.match(/^\/\/ .*$/gm)).toEqual([
      '// stage once: before its dedup',
      '// stage once: after its dedup',
    ]);
    expect(printed).toContain(new SourceProgram(plan, 0, 0).source.trim());
  });

  test('is said to be missing where nothing is computed', () => {
    expect(explainProgram(planned(definition({})))).toBe(
      '// no stage of this pipeline needs code\n',
    );
  });
});
