import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentOf, mergeEnvironment, renderEnvironment } from './environment.ts';

/** What a reader of `.env` files sees: the last assignment of each name. */
function oracle(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  return values;
}

const names = fc.constantFrom('A', 'B', 'KAFKA_BROKERS', 'API_KEY');
const lines = fc.oneof(
  fc
    .tuple(names, fc.constantFrom('', '1', 'a b', '"q=r"'))
    .map(([name, value]) => `${name}=${value}`),
  names.map((name) => `export ${name}=x`),
  fc.constantFrom('', '# A=comment', 'no assignment', '  B = 2'),
);
const texts = fc
  .tuple(fc.array(lines), fc.boolean())
  .map(([all, ends]) => all.join('\n') + (ends && all.length > 0 ? '\n' : ''));
const entries = fc.uniqueArray(fc.tuple(names, fc.constantFrom('new', '127.0.0.1:9092')), {
  selector: ([name]) => name,
});

describe('the environment', () => {
  test('names one variable a server, in a fixed order', () => {
    const both = environmentOf({ cassandra: '127.0.0.1:9042', kafka: '127.0.0.1:9092' });
    expect(renderEnvironment(both, false)).toBe(
      'KAFKA_BROKERS=127.0.0.1:9092\nCASSANDRA_CONTACT_POINTS=127.0.0.1:9042\n',
    );
    expect(renderEnvironment(environmentOf({ kafka: '127.0.0.1:1' }), true)).toBe(
      'export KAFKA_BROKERS=127.0.0.1:1\n',
    );
  });

  test('a merge changes the named variables and no other', () => {
    fc.assert(
      fc.property(texts, entries, (text, set) => {
        const merged = mergeEnvironment(text, set);
        expect(oracle(merged)).toEqual(new Map([...oracle(text), ...set]));
      }),
    );
  });

  test('a merge keeps every other line, in order', () => {
    fc.assert(
      fc.property(texts, entries, (text, set) => {
        const named = new Set<string>(set.map(([name]) => name));
        const others = (all: string): string[] =>
          all.split('\n').filter(
            (line) =>
              !oracle(line)
                .keys()
                .some((name) => named.has(name)),
          );
        const trimmed = (all: string[]): string => all.join('\n').replace(/\n+$/, '');
        expect(trimmed(others(mergeEnvironment(text, set)))).toBe(trimmed(others(text)));
      }),
    );
  });

  test('a second merge of the same changes nothing', () => {
    fc.assert(
      fc.property(texts, entries, (text, set) => {
        const once = mergeEnvironment(text, set);
        expect(mergeEnvironment(once, set)).toBe(once);
      }),
    );
  });

  test('keeps comments, the place of a variable and the line ends of the file', () => {
    const before = '# keys\r\nKAFKA_BROKERS=old\r\nAPI_KEY=secret\r\n';
    expect(
      mergeEnvironment(before, [
        ['KAFKA_BROKERS', 'new'],
        ['OTHER', '1'],
      ]),
    ).toBe('# keys\r\nKAFKA_BROKERS=new\r\nAPI_KEY=secret\r\nOTHER=1\r\n');
  });
});
