import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, mask, maskLine, maskText } from './mask.ts';

describe('mask', () => {
  test('hides secret keys and all of sasl but its mechanism', () => {
    const data = {
      sasl: { mechanism: 'plain', username: 'me', password: 'hunter2' },
      auth: { username: 'me', password: 1234 },
      api_key: 'k',
      key: 'city',
      primary_key: [['city']],
      partitionKey: ['city'],
    };
    expect(mask(data)).toEqual({
      sasl: { mechanism: 'plain', username: '***', password: '***' },
      auth: { username: 'me', password: '***' },
      api_key: '***',
      key: 'city',
      primary_key: [['city']],
      partitionKey: ['city'],
    });
  });

  test('hides known secrets inside texts, the longest first', () => {
    expect(mask({ url: 'https://x?k=abcdef' }, ['abc', 'abcdef'])).toEqual({
      url: 'https://x?k=***',
    });
    expect(maskText('a-abc-b', new Set(['', 'abc']))).toBe('a-***-b');
  });

  test('reads maps, and leaves other values alone', () => {
    expect(
      mask(
        new Map<string, unknown>([
          ['token', 't'],
          ['n', 1],
        ]),
      ),
    ).toEqual({ token: '***', n: 1 });
    expect(mask([null, true, 1])).toEqual([null, true, 1]);
  });

  test('no secret is left in what is printed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (data, secret) => {
        fc.pre(!'***'.includes(secret));
        const texts: string[] = [];
        JSON.stringify(mask(data, [secret]), (_key, value: unknown) => {
          if (typeof value === 'string') texts.push(value);
          return value;
        });
        // What is left of a text around *** may spell the secret anew only with the stars in it.
        for (const text of texts) {
          for (const piece of text.split('***')) expect(piece.includes(secret)).toBe(false);
        }
      }),
    );
  });
});

test('names of secret variables', () => {
  for (const name of ['API_KEY', 'DB_PASSWORD', 'CLIENT_SECRET', 'GITHUB_TOKEN', 'apikey']) {
    expect(isSecretName(name)).toBe(true);
  }
  for (const name of ['KAFKA_BROKERS', 'HOME', 'TOPIC']) expect(isSecretName(name)).toBe(false);
});

test('a printed line keeps its length, and the names of variables', () => {
  expect(maskLine('  sasl: { username: me, password: hunter2 } # x')).toBe(
    '  sasl: { username: me, password: ******* * * *',
  );
  expect(maskLine('password: "a b"')).toBe('password: ** **');
  expect(maskLine('password: a,b}c')).toBe('password: *****');
  expect(maskLine('password: "${DB_PASSWORD}"')).toBe('password: "${DB_PASSWORD}"');
  expect(maskLine('kafka: { topic: t, key: city }')).toBe('kafka: { topic: t, key: city }');
});
