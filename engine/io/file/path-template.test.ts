import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from './path-template.ts';

const archive = 'data/archive/{event_time:yyyy-MM-dd}/{partition}-{part}.ndjson';

describe('a path with placeholders', () => {
  it('is filled in with local time, partition and part', () => {
    const template = parseTemplate(archive, 'Europe/Paris');
    const group = template.group(Date.UTC(2024, 2, 27, 23, 30), 2);
    expect(template.path(group, 7)).toBe('data/archive/2024-03-28/2-7.ndjson');
  });

  it('has a root: the directory before the first placeholder', () => {
    const roots = [archive, 'data/heat-{part}.ndjson', 'out.ndjson', './a/b/x.ndjson', '{part}.n'];
    expect(roots.map((text) => parseTemplate(text, 'UTC').root)).toEqual([
      'data/archive',
      'data',
      '.',
      'a/b',
      '.',
    ]);
  });

  it('knows which placeholders it has', () => {
    const { hasPart, hasPartition, hasTime } = parseTemplate('a/{partition}.ndjson', 'UTC');
    expect([hasPart, hasPartition, hasTime]).toEqual([false, true, false]);
  });

  it('refuses placeholders that are none', () => {
    for (const text of ['{date}', '{event_time}', '{part', 'part}', '{event_time:{part}}']) {
      expect(() => parseTemplate(text, 'UTC')).toThrow('placeholder');
    }
  });

  it('reads the numbers of its own paths back, and no others', () => {
    const anyTime = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(anyTime, fc.nat(99), fc.nat(9999), (time, partition, part) => {
        const template = parseTemplate(archive, 'Europe/Paris');
        const path = template.path(template.group(time, partition), part);
        expect(template.read(path)).toEqual({ partition, part });
        expect(template.read(`${path}.gz`)).toBe(null);
        expect(template.read(path.replace('ndjson', 'nxjson'))).toBe(null);
      }),
    );
    expect(parseTemplate('a.ndjson', 'UTC').read('aXndjson')).toBe(null);
    expect(parseTemplate('a.ndjson', 'UTC').read('a.ndjson')).toEqual({ partition: 0, part: 0 });
  });

  it('formats every field of time, and changes with each', () => {
    const template = parseTemplate('{event_time:yyyyMMdd-HHmmss}', 'UTC');
    const oracle = (time: number): string =>
      new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 0, max: 1e5 }),
        (time, on) => {
          expect(template.group(time, 0)).toBe(oracle(time));
          expect(template.group(time + on, 0)).toBe(oracle(time + on));
        },
      ),
    );
  });

  it('changes the day at midnight of the zone, also when daylight saving changes', () => {
    const template = parseTemplate('{event_time:dd}', 'Europe/Paris');
    const days = [21, 22, 23, 24].map((hour) => template.group(Date.UTC(2024, 2, 31, hour), 0));
    expect(days).toEqual(['31', '01', '01', '01']);
  });
});
