import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DictionaryDelta, PartialTable } from '../../workers/protocol.ts';
import { StageKeys } from '../../workers/stage-keys.ts';
import type { BytesVector } from '../core/batch.ts';
import { KeySpace } from './key-space.ts';

const columns = [{ name: 'k', type: 'string', nullable: false, slot: 0 }] as const;

function vectorOf(texts: readonly string[]): BytesVector {
  const bytes = new TextEncoder().encode(texts.join(''));
  let at = 0;
  const start = Int32Array.from(texts, (_, i) => (at += texts[i - 1]?.length ?? 0));
  const end = Int32Array.from(texts, (text, i) => (start[i] as number) + text.length);
  return { kind: 'bytes', bytes, start, end };
}

const tableOf = (key: Int32Array): PartialTable => ({
  ...{ stage: 0, length: key.length, key, numbers: [], texts: [], collections: [] },
  ...{ partition: 0, pane: new Float64Array(key.length), skip: new Int32Array(key.length) },
  count: new Float64Array(key.length).fill(1),
});

interface Message {
  readonly worker: number;
  readonly delta: DictionaryDelta;
  readonly table: PartialTable;
  readonly texts: readonly string[];
}

/** A worker thread: what it sends for a task over rows with these keys. */
class Thread {
  readonly #number: number;
  readonly #keys = new StageKeys(columns);

  constructor(number: number) {
    this.#number = number;
  }

  run(texts: readonly string[], marks: ReturnType<KeySpace['marks']>): Message {
    this.#keys.begin(marks.find(({ worker }) => worker === this.#number));
    const selection = { rows: Int32Array.from(texts, (_, i) => i), count: texts.length };
    const ids = this.#keys.idsOf([vectorOf(texts)], selection).slice(0, texts.length);
    const delta = structuredClone(this.#keys.delta());
    return { worker: this.#number, delta, table: tableOf(ids), texts };
  }
}

const textsOf = (keys: KeySpace, ids: Int32Array): unknown => {
  const [vector] = keys.vectorsOf(ids);
  return vector?.kind === 'text' ? vector.values : vector;
};

describe('KeySpace', () => {
  it('names the same keys as the workers, whatever is lost, reset, late and forgotten', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            thread: fc.nat(2),
            keys: fc.array(fc.nat(60), { minLength: 1, maxLength: 20 }),
            /** Tasks under way that have been answered and now arrive. */
            arrive: fc.nat(3),
            merge: fc.nat(2),
            compact: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          const keys = new KeySpace(0, columns);
          const threads = [new Thread(10), new Thread(11), new Thread(12)];
          const sent: Message[] = [];
          const waiting: Message[] = [];
          /** What the panes hold: global ids with their texts. */
          let live: { id: number; text: string }[] = [];
          const check = (): void => {
            const ids = Int32Array.from(live, ({ id }) => id);
            expect(textsOf(keys, ids)).toEqual(live.map(({ text }) => text));
          };
          for (const step of steps) {
            const texts = step.keys.map((key) => `key-${key}`);
            sent.push((threads[step.thread] as Thread).run(texts, keys.marks()));
            for (const message of sent.splice(0, step.arrive)) {
              keys.learn(message.worker, message.delta);
              keys.resolve(message.worker, message.table);
              waiting.push(message);
            }
            for (const { table, texts: names } of waiting.splice(0, step.merge)) {
              keys.merged(table);
              live = names.map((text, i) => ({ id: table.key[i] as number, text }));
              check();
            }
            if (!step.compact) continue;
            const marks = new Uint8Array(keys.size);
            for (const { id } of live) marks[id] = 1;
            const map = keys.compact(marks);
            live = live.map(({ id, text }) => ({ id: map[id] as number, text }));
            check();
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('holds a few thousand keys of a million that come and go', () => {
    const keys = new KeySpace(0, columns);
    const thread = new Thread(1);
    let most = 0;
    let live = new Int32Array(0);
    for (let from = 0; from < 1_000_000; from += 500) {
      const texts = Array.from({ length: 500 }, (_, i) => `sensor-${from + i}`);
      const { delta, table, worker } = thread.run(texts, keys.marks());
      keys.learn(worker, delta);
      keys.resolve(worker, table);
      keys.merged(table);
      live = new Int32Array(table.key);
      if (keys.isCrowded) {
        const marks = new Uint8Array(keys.size);
        for (const id of live) marks[id] = 1;
        const map = keys.compact(marks);
        live = live.map((id) => map[id] as number);
      }
      most = Math.max(most, keys.size);
      expect(textsOf(keys, live.subarray(0, 1))).toEqual([`sensor-${from}`]);
    }
    expect(most).toBeLessThan(20_000);
    expect(keys.sizeBytes).toBeLessThan(2 << 20);
  });

  it('gives the same ids after a restore, and no worker is believed to know any', () => {
    const keys = new KeySpace(0, columns);
    const { delta, table, worker } = new Thread(1).run(['b', 'a'], []);
    keys.learn(worker, delta);
    keys.resolve(worker, table);
    const again = new KeySpace(0, columns);
    again.restore(keys.encode().map((part) => part.slice()));
    expect(textsOf(again, table.key)).toEqual(['b', 'a']);
    expect(again.marks()).toEqual([]);
    expect(Array.from(again.order().ids)).toEqual([1, 0]);
  });

  it('takes it for a bug when entries in between are missing', () => {
    const keys = new KeySpace(0, columns);
    const delta = { generation: 0, base: 3, ends: new Int32Array(0), bytes: new Uint8Array(0) };
    expect(() => keys.learn(1, delta)).toThrow(/left out entries/);
    expect(() => keys.resolve(2, tableOf(new Int32Array(1)))).toThrow(/before its dictionary/);
  });

  it('keeps the keys of tables made on this thread until they are merged, whatever is forgotten', () => {
    const keys = new KeySpace(0, columns);
    const tableFor = (texts: readonly string[]): PartialTable => {
      const selection = { rows: Int32Array.from(texts, (_, i) => i), count: texts.length };
      return tableOf(keys.idsOf([vectorOf(texts)], selection).slice(0, texts.length));
    };
    const many = Array.from({ length: 5000 }, (_, i) => `gone ${i}`);
    const merged = tableFor([...many, 'a']);
    const waiting = tableFor(['b', 'a', 'c']);
    for (const table of [merged, waiting]) keys.adopt(table);
    keys.merged(merged);
    expect(keys.isCrowded).toBe(true);
    keys.compact(new Uint8Array(keys.size));
    expect(keys.size).toBe(3);
    expect(textsOf(keys, waiting.key)).toEqual(['b', 'a', 'c']);
  });
});
