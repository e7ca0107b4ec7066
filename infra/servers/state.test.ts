import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseState } from './state.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const states = fc.record({
  version: fc.string(),
  pid: fc.option(fc.integer({ min: 2 })),
  ports: fc.record({ client: port, inner: port }),
  heapMb: fc.integer({ min: 1 }),
  startedAt: fc.integer({ min: 0 }),
});

describe('a state file', () => {
  test('reads back what was written', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(parseState(JSON.stringify(state))).toEqual(state);
      }),
    );
  });

  test('cut off anywhere is no state', () => {
    fc.assert(
      fc.property(states, fc.nat(), (state, at) => {
        const text = JSON.stringify(state);
        expect(parseState(text.slice(0, at % text.length))).toBeUndefined();
      }),
    );
  });

  test('with a field missing or of another type is no state', () => {
    const whole = { version: '1', pid: 7, ports: { client: 1, inner: 2 }, heapMb: 1, startedAt: 0 };
    expect(parseState(JSON.stringify(whole))).toEqual(whole);
    for (const key of Object.keys(whole)) {
      expect(parseState(JSON.stringify({ ...whole, [key]: undefined })), key).toBeUndefined();
      expect(parseState(JSON.stringify({ ...whole, [key]: true })), key).toBeUndefined();
    }
  });

  test('never names the processes that are everybody’s: 0, 1 and negative ones', () => {
    const state = { version: '1', ports: { client: 1, inner: 2 }, heapMb: 1, startedAt: 0 };
    for (const pid of [-1, 0, 1, 1.5]) {
      expect(parseState(JSON.stringify({ ...state, pid }))).toBeUndefined();
    }
  });

  test('takes any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseState(text)).toBeUndefined();
      }),
    );
  });
});
