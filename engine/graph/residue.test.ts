import { beforeAll, describe, expect, it } from 'vitest';
import { planned } from '../plan/definition.fixture.ts';
import { type Driven, drivePlan } from '../run/test-driver.ts';
import { carryOver, checkLedger, equationsOf, residuesOf } from './residue.ts';
import type { Tally } from './tally.ts';

/** Every way out there is: filtered, duplicate, failed, late, unreadable, left out by `having` or a sink. */
const plan = planned(`
name: t
sources:
  readings:
    file: readings.ndjson
    format: json
    schema: { k: string, t: long!, x: double! }
    event_time: { column: t, unit: s }
    watermark: { out_of_order: 5s }
stages:
  cold: { from: readings, where: x < 50 }
  once: { from: cold, dedup: { by: [k, x], within: 20s }, set: { big: cast(x * 250000000 as int) } }
  tens: { from: once, window: { tumbling: 10s }, group_by: [k], aggregate: { n: count(), m: sum(big) }, having: n > 1, late: dead_letter }
  slides: { from: cold, window: { sliding: 25s, every: 10s }, group_by: [k], aggregate: { n: count(), worst: sum(cast(x * 300000000000000 as long)) } }
  often: { from: slides, where: n > 1 }
sinks:
  cold: { from: cold, where: x > 1, stdout: json }
  tens: { from: tens, stdout: json }
  often: { from: often, stdout: json }
errors: { decode: dead_letter, expression: dead_letter }
`);

const rows = [
  ...Array.from({ length: 40 }, (_, i) => ({ k: i % 3 === 0 ? 'a' : 'b', t: i * 2, x: i % 8 })),
  ...[1, 2, 2, 60, 9].map((x) => ({ k: 'a', t: 90, x })),
  { k: 'late', t: 3, x: 3 },
  { k: 'bad', t: 95, x: 'no number' },
];

let driven: Driven;
beforeAll(async () => {
  driven = await drivePlan(plan, { readings: rows });
});

const residues = (tally: Tally): readonly string[] => {
  const { plan: ran, windows } = driven.ledger;
  return residuesOf(ran, tally, windows).map(({ at, text }) => `${at}: ${text}`);
};

/** Paths of all counters that a run has counted with. */
function counters(tally: Tally): string[][] {
  return Object.entries(tally).flatMap(([family, value]: [string, unknown]) => {
    if (!(value instanceof Map)) return [[family]];
    return Array.from(value as Map<string, unknown>).flatMap(([name, counts]) =>
      typeof counts === 'number'
        ? [[family, name]]
        : Object.keys(counts as object).map((field) => [family, name, field]),
    );
  });
}

/** A copy in which one counter is off by `by`. */
function off(tally: Tally, [family = '', name = '', field]: readonly string[], by: number): Tally {
  const copy = structuredClone(tally) as unknown as Record<string, unknown>;
  const counts = copy[family];
  if (!(counts instanceof Map)) copy[family] = (counts as number) + by;
  else if (field === undefined) counts.set(name, (counts.get(name) as number) + by);
  else {
    const fields = counts.get(name) as Record<string, number>;
    fields[field] = (fields[field] as number) + by;
  }
  return copy as unknown as Tally;
}

/** What is told for information, and is in no equation. */
const TOLD_ONLY = /latePartial|partialStart|partitions\.\S+\.(filtered|deadLetters|skipped)/;

describe('the ledger', () => {
  it('L1: adds up in a run in which records and rows leave in every way', () => {
    const { tally } = driven.ledger;
    expect(residues(tally)).toEqual([]);
    expect(() => checkLedger(driven.ledger)).not.toThrow();
    const at = tally.partitions.get('readings/0');
    expect(at).toMatchObject({ records: rows.length, filtered: 1, duplicates: 12, late: 2 });
    expect(at?.deadLetters).toBe(3);
    expect([...tally.letters]).toContainEqual(['SCHEMA', 1]);
    expect(tally.rows.get('once')).toMatchObject({ failed: 1 });
    expect(tally.windows.get('tens')).toMatchObject({ late: 1 });
    expect(tally.windows.get('slides')?.failed).toBeGreaterThan(0);
    expect(tally.groups.get('tens')?.filtered).toBeGreaterThan(0);
    expect(tally.rows.get('often')?.filtered).toBeGreaterThan(0);
    expect(tally.sinks.get('cold')?.filtered).toBeGreaterThan(0);
  });

  it('L1: no counter can be wrong unnoticed', () => {
    const { tally } = driven.ledger;
    const all = counters(tally).filter((path) => !TOLD_ONLY.test(path.join('.')));
    expect(all.length).toBeGreaterThan(50);
    const unnoticed = all.flatMap((path) =>
      [1, -1].filter((by) => residues(off(tally, path, by)).length === 0).map(() => path.join('.')),
    );
    expect(unnoticed).toEqual([]);
  });

  it('L1: a stage that loses a record is named, with the numbers', () => {
    const { plan: ran, windows } = driven.ledger;
    const tally = off(driven.ledger.tally, ['rows', 'cold', 'filtered'], -1);
    expect(residues(tally)).toEqual(['cold: 46 in but 45 out']);
    expect(() => checkLedger({ plan: ran, windows, tally })).toThrow(
      'engine bug: the ledger of t does not add up, so records were lost or counted twice (L1):\n  cold: 46 in but 45 out',
    );
  });
});

describe('a definition that changes between two runs', () => {
  it('L1: owes no rows to a sink that is new; what is lost afterwards shows all the same', () => {
    const { plan: ran, tally, windows } = driven.ledger;
    const [cold] = ran.sinks;
    if (cold === undefined) throw new Error('no sink');
    const grown: typeof ran = { ...ran, sinks: [...ran.sinks, { ...cold, name: 'more' }] };
    const copy = structuredClone(tally);
    expect(equationsOf(grown)).not.toBe(equationsOf(ran));
    expect(residuesOf(grown, copy, windows)).not.toEqual([]);
    carryOver({ plan: grown, tally: copy, windows });
    expect(residuesOf(grown, copy, windows)).toEqual([]);
    copy.sinks.set('more', { in: 1, filtered: 0, failed: 0, out: 1 });
    expect(residuesOf(grown, copy, windows)).not.toEqual([]);
  });
});
