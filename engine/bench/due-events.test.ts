import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueEvents } from './due-events.ts';

it('says when an event is due, of which key, in about the size that is asked for', () => {
  const ms = fc.double({ min: 1e12, max: 9e12, noNaN: true });
  const event = fc.tuple(fc.nat(120), ms);
  const property = fc.property(
    fc.integer({ min: 100, max: 2_000 }),
    fc.array(event, { minLength: 1, maxLength: 1_500 }),
    (bytes, wanted) => {
      const events = new DueEvents(bytes);
      // All are made before one is read: none may overwrite another.
      const made = wanted.map(([key, dueMs]) => events.at(key, dueMs));
      for (const [i, [key, dueMs]] of wanted.entries()) {
        const { key: name, value } = made[i] as (typeof made)[number];
        const found = JSON.parse(value.toString()) as object;
        expect(found).toMatchObject({ name: `key-${key}`, due: Math.floor(dueMs) });
        expect(found).toHaveProperty('value', (key % 100) + 0.5);
        expect(Math.abs(value.length - bytes)).toBeLessThan(24);
        expect(name.toString()).toBe(`key-${key}`);
      }
    },
  );
  fc.assert(property, { numRuns: 30 });
});
