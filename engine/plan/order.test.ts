import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../spec/diagnostic.ts';
import type { Spec } from '../spec/spec.ts';
import { inOrderOfFrom } from './order.ts';

type Links = readonly (readonly [name: string, from: readonly string[]])[];

function order(links: Links): { names: string[]; findings: Finding[] } {
  const stages = links.map(([name, from]) => ({ name, from }));
  const spec = { sources: [{ name: 'source' }], stages } as unknown as Spec;
  const findings: Finding[] = [];
  const names = inOrderOfFrom(spec, (finding) => findings.push(finding)).map(({ name }) => name);
  return { names, findings };
}

/** Whether everything above a stage exists and is no circle: straight from the definition. */
function stands(name: string, links: Links, below: readonly string[] = []): boolean {
  if (name === 'source') return true;
  const found = links.find(([one]) => one === name);
  if (found === undefined || below.includes(name)) return false;
  return found[1].every((from) => stands(from, links, [...below, name]));
}

describe('stages in the order of the data', () => {
  test('each comes after what it reads, whatever the order written', () => {
    const { names } = order([
      ['c', ['b']],
      ['b', ['a']],
      ['a', ['source']],
      ['d', ['a', 'c']],
    ]);
    expect(names).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a circle is reported once, by its first stage, as the way round it', () => {
    const { names, findings } = order([
      ['free', ['source']],
      ['a', ['c']],
      ['b', ['a']],
      ['c', ['b']],
      ['below', ['c']],
    ]);
    expect(names).toEqual(['free']);
    expect(findings.map(({ path, message }) => [path, message])).toEqual([
      [['stages', 'a', 'from'], 'stages read each other in a circle: b → c → a → b'],
    ]);
  });

  test('a stage that reads itself is a circle', () => {
    const { findings } = order([['a', ['a']]]);
    expect(findings.map(({ message }) => message)).toEqual([
      'stages read each other in a circle: a → a',
    ]);
  });

  test('thousands of stages in a row are no trouble', () => {
    const links = Array.from({ length: 20_000 }, (_, i): Links[number] => [
      `s${i}`,
      [i === 19_999 ? 'source' : `s${i + 1}`],
    ]);
    expect(order(links).names.length).toBe(20_000);
  });

  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const from = fc.constantFrom('source', 'missing', ...names);
  const graphs = fc
    .tuple(
      ...names.map((name) =>
        fc.tuple(fc.constant(name), fc.uniqueArray(from, { minLength: 1, maxLength: 2 })),
      ),
    )
    .chain((links) => fc.shuffledSubarray(links, { minLength: 6, maxLength: 6 }));

  test('of any graph, exactly the stages that stand come out, in order', () => {
    fc.assert(
      fc.property(graphs, (links) => {
        const { names: ordered, findings } = order(links);
        const standing = links.map(([name]) => name).filter((name) => stands(name, links));
        expect(ordered.toSorted()).toEqual(standing.toSorted());
        ordered.forEach((name, i) => {
          const above = links.find(([one]) => one === name)?.[1] ?? [];
          for (const one of above) expect(['source', ...ordered.slice(0, i)]).toContain(one);
        });
        expect(findings.every(({ code }) => code === 'cycle')).toBe(true);
      }),
    );
  });

  test('stages that are written in order stay as they are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (picks) => {
        const links = picks.map((pick, i): Links[number] => [
          `s${i}`,
          [
            i === 0
              ? 'source'
              : (['source', ...picks.map((_, j) => `s${j}`)][pick % (i + 1)] ?? ''),
          ],
        ]);
        expect(order(links).names).toEqual(links.map(([name]) => name));
      }),
    );
  });
});
