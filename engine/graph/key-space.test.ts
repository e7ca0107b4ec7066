import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DictionaryDelta, PartialTable } from '../../workers/protocol.ts';
import { StageKeys, ThreadKeys } from '../../workers/stage-keys.ts';
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

/** What a worker sends for one stage. */
interface Message {
  readonly worker: number;
  readonly delta: DictionaryDelta;
  readonly table: PartialTable;
  readonly texts: readonly string[];
}

/** A worker thread: what it sends for a task over rows with these keys, for each of its stages. */
class Thread {
  readonly #number: number;
  readonly #keys = new ThreadKeys(columns);
  readonly #stages: readonly StageKeys[];

  /** The stages look keys up together. */
  constructor(number: number, stages = 1) {
    this.#number = number;
    this.#stages = Array.from({ length: stages }, () => new StageKeys(this.#keys));
  }

  run(texts: readonly string[], marks: ReturnType<KeySpace['marks']>): [Message, ...Message[]] {
    this.#stages.forEach((keys, index) => {
      keys.begin(marks.find(({ worker, stage }) => worker === this.#number && stage === index));
    });
    const selection = { rows: Int32Array.from(texts, (_, i) => i), count: texts.length };
    const ids = this.#keys.idsOf([vectorOf(texts)], selection).slice(0, texts.length);
    return this.#stages.map((keys) => {
      const delta = structuredClone(keys.delta());
      return { worker: this.#number, delta, table: tableOf(ids.slice()), texts };
    }) as [Message, ...Message[]];
  }
}

const textsOf = (keys: KeySpace, ids: Int32Array): unknown => {
  const [vector] = keys.vectorsOf(ids);
  return vector?.kind === 'text' ? vector.values : vector;
};

describe('KeySpace', () => {
  it('names the same keys as the workers, whatever is lost, reset, late and forgotten, by whichever stage', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            thread: fc.nat(2),
            keys: fc.array(fc.nat(60), { minLength: 1, maxLength: 20 }),
            /** Tasks under way that have been answered and now arrive. */
            arrive: fc.nat(3),
            merge: fc.nat(2),
            /** The stages that forget. */
            compact: fc.array(fc.nat(1), { maxLength: 2 }),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          const spaces = [new KeySpace(0, columns), new KeySpace(1, columns)];
          const threads = [10, 11, 12].map((number) => new Thread(number, spaces.length));
          const sent: Message[][] = [];
          const waiting: Message[][] = [];
          /** What the panes hold: global ids with their texts, by stage. */
          const live: { id: number; text: string }[][] = [[], []];
          const check = (stage: number): void => {
            const held = live[stage] ?? [];
            const ids = Int32Array.from(held, ({ id }) => id);
            expect(textsOf(spaces[stage]!, ids)).toEqual(held.map(({ text }) => text));
          };
          for (const step of steps) {
            const texts = step.keys.map((key) => `key-${key}`);
            const marks = spaces.flatMap((keys) => keys.marks());
            sent.push(threads[step.thread]!.run(texts, marks));
            for (const messages of sent.splice(0, step.arrive)) {
              messages.forEach(({ worker, delta, table }, stage) => {
                spaces[stage]!.learn(worker, delta);
                spaces[stage]!.resolve(worker, table);
              });
              waiting.push(messages);
            }
            for (const messages of waiting.splice(0, step.merge)) {
              messages.forEach(({ table, texts: names }, stage) => {
                spaces[stage]!.merged(table);
                live[stage] = names.map((text, i) => ({ id: table.key[i]!, text }));
                check(stage);
              });
            }
            for (const stage of step.compact) {
              const keys = spaces[stage]!;
              const marked = new Uint8Array(keys.size);
              for (const { id } of live[stage]!) marked[id] = 1;
              const map = keys.compact(marked);
              live[stage] = live[stage]!.map(({ id, text }) => ({ id: map[id]!, text }));
              check(stage);
            }
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
      const [{ delta, table, worker }] = thread.run(texts, keys.marks());
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
    const [{ delta, table, worker }] = new Thread(1).run(['b', 'a'], []);
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
