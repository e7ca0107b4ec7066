import { describe, expect, it } from 'vitest';
import type { LastRun, LastRunSink } from './last-run.ts';
import { targetOf } from './query-target.ts';

const sink = (name: string, kind: string, config: unknown): LastRunSink => ({
  name,
  connector: { kind, config, connection: null },
  columns: [],
  window: null,
});

const run: LastRun = {
  pipeline: 'weather',
  file: 'pipelines/weather.yaml',
  provisional: false,
  sinks: [
    sink('readings', 'cassandra', { table: 'weather_table' }),
    sink('windows', 'sqlite', { table: 'readings' }),
    sink('heat', 'kafka', { topic: 'heat-alerts' }),
    sink('archive', 'file', { path: 'data/archive/{partition}.ndjson' }),
    sink('print', 'stdout', {}),
  ],
};

describe('the name given to query', () => {
  it('is a sink first, and a table else', () => {
    expect(targetOf('readings', [run]).table).toBe('weather_table');
    expect(targetOf('windows', [run]).table).toBe('readings');
    expect(targetOf('weather_table', [run]).connector.kind).toBe('cassandra');
  });

  it.each([
    ['heat', 'writes to a topic: `engine tail heat-alerts`'],
    ['archive', 'writes to files: data/archive/{partition}.ndjson'],
    ['print', 'writes to stdout, which keeps no rows'],
    ['reading', 'there is no sink or table "reading" in weather: did you mean readings?'],
    ['zzz', 'the sinks are readings, windows, heat, archive, print'],
  ])('%s is answered with where to look', (name, message) => {
    expect(() => targetOf(name, [run])).toThrow(message);
  });
});
