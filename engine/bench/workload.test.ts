import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { numbersOf, topicOf, WORKLOAD_W, workloadEvents } from './workload.ts';
import { rankedBy } from './zipf.ts';

const some = { ...WORKLOAD_W, events: 2_000 };

describe('the events of a workload', () => {
  it('are the same bytes every time: those of workload W have always been these', () => {
    const hash = createHash('sha256');
    let bytes = 0;
    for (const { key, partition, timestamp, value } of workloadEvents(some)) {
      hash.update(`${key} ${partition} ${timestamp} ${value}\n`);
      bytes += value.length;
    }
    expect(hash.digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"3344f15c50b20977"`);
    expect(bytes / some.events).toBeCloseTo(512, -1);
  });

  it('have as many keys, partitions and bytes as they should', () => {
    const events = [...workloadEvents({ ...some, keys: 300, partitions: 7, bytes: 1_000 })];
    expect(new Set(events.map(({ key }) => key)).size).toBe(300);
    const places = new Map(events.map(({ key, partition }) => [key, partition]));
    expect(events.every(({ key, partition }) => places.get(key) === partition)).toBe(true);
    expect(new Set(places.values()).size).toBe(7);
    expect(events.every(({ value }) => value.length === 1_000)).toBe(true);
    for (const { value, key } of events.slice(0, 50)) {
      expect((JSON.parse(value) as { name: string }).name).toBe(key);
    }
  });

  it('are displaced by less than the disorder, and do not go back without one', () => {
    const backs = (disorderMs: number): number[] => {
      let newest = 0;
      return Array.from(workloadEvents({ ...some, disorderMs }), ({ value }) => {
        const { dt } = JSON.parse(value) as { dt: number };
        newest = Math.max(newest, dt);
        return newest - dt;
      });
    };
    expect(Math.max(...backs(0))).toBe(0);
    const displaced = backs(5_000);
    expect(Math.max(...displaced)).toBeGreaterThan(2);
    expect(Math.max(...displaced)).toBeLessThan(5);
  });

  it('have nothing but what is read where they are to be smaller than usual', () => {
    const [event] = workloadEvents({ ...some, bytes: 100 });
    expect(event?.value).toHaveLength(100);
    expect(Object.keys(JSON.parse(event?.value ?? '') as object)).toEqual([
      ...['name', 'dt', 'main', 'note'],
    ]);
  });

  it('hold every number that may be read, and as many are read as there should be', () => {
    const [event] = workloadEvents(some);
    const numbers = numbersOf({ fields: 20, bytes: 0 });
    expect(numbers).toHaveLength(18);
    const at = (path: string): unknown =>
      path
        .split('.')
        .reduce<unknown>(
          (value, name) => (value as Record<string, unknown>)[name],
          JSON.parse(event?.value ?? ''),
        );
    for (const path of numbers) expect(at(path), path).toBeTypeOf('number');
    expect(numbersOf(WORKLOAD_W)).toEqual(['main.temp']);
    expect(() => numbersOf({ fields: 21, bytes: 0 })).toThrow('3 to 20 fields');
    expect(() => numbersOf({ fields: 4, bytes: 100 })).toThrow('3 to 3 fields');
  });

  it('name their topic by what is in it, not by how it is read', () => {
    expect(topicOf({ ...some, windowMs: 1, slideMs: 1, fields: 9 })).toBe(topicOf(some));
    expect(topicOf({ ...some, bytes: 1 })).not.toBe(topicOf(some));
    const { events, ...rest } = some;
    expect(topicOf({ ...rest, events })).toBe(topicOf(some));
  });
});

describe('ranks by Zipf’s law', () => {
  it('come as often as their weight', () => {
    const rank = rankedBy(1, 4);
    const counts = [0, 0, 0, 0];
    const draws = 25_000;
    for (let i = 0; i < draws; i++) counts[rank((i + 0.5) / draws)]!++;
    // 1 : 1/2 : 1/3 : 1/4 of 25/12.
    expect(counts).toEqual([12_000, 6_000, 4_000, 3_000]);
  });
});
