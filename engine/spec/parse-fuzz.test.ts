import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from './definition.fixture.ts';
import { formatDiagnostics } from './format-diagnostics.ts';

const weather = readFileSync(new URL('../../pipelines/weather.yaml', import.meta.url), 'utf8');
const lines = weather.split('\n');

/** Either a Spec or at least one error; every place lies in the text; printing works. */
function expectSound(text: string): void {
  const { spec, diagnostics, locator } = parse(text);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(spec === null).toBe(errors.length > 0);
  const height = text.split('\n').length;
  for (const { span, message } of diagnostics) {
    expect(span.line).toBeGreaterThanOrEqual(1);
    expect(span.line).toBeLessThanOrEqual(height);
    expect(span.column).toBeGreaterThanOrEqual(1);
    expect(span.column).toBeLessThanOrEqual((text.split('\n')[span.line - 1] ?? '').length + 2);
    expect(message).toMatch(/\S/);
  }
  formatDiagnostics(diagnostics, locator, { color: true });
}

const snippets = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  ': ',
  '- ',
  '"',
  "'",
  '#',
  ' #',
  '&a ',
  '*a',
  '!x ',
  '!!int ',
  '|',
  '>',
  '%',
  '@',
  '`',
  '?',
  '? ',
  '\t',
  '\n',
  '\n\n',
  '---\n',
  '...\n',
  '${',
  '${X}',
  '${X:-',
  '$${',
  '}',
  '<<: ',
  '~',
  'null',
  '0x1F',
  '\u0000',
  '\uFEFF',
  '\r',
  '𝒳',
  '__proto__',
  'constructor',
  'toString: 1',
];

const mutation = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(weather.length),
    text: fc.constantFrom(...snippets),
  }),
  fc.record({
    kind: fc.constant('delete' as const),
    at: fc.nat(weather.length),
    text: fc.string({ maxLength: 40 }),
  }),
  fc.record({
    kind: fc.constant('line' as const),
    at: fc.nat(lines.length),
    text: fc.constantFrom(...lines),
  }),
);

test('mutations of the weather pipeline never throw', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const mutated = mutations.reduce((text, { kind, at, text: piece }) => {
        if (kind === 'insert') return text.slice(0, at) + piece + text.slice(at);
        if (kind === 'delete') return text.slice(0, at) + text.slice(at + piece.length);
        const all = text.split('\n');
        return all.toSpliced(at, at % 2, piece).join('\n');
      }, weather);
      expectSound(mutated);
    }),
    { numRuns: 150 },
  );
});

test('arbitrary text never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(fc.constantFrom(...snippets, 'name', 'sources', ' ', '  '), { maxLength: 40 })
      .map((parts) => parts.join('')),
  );
  fc.assert(fc.property(text, expectSound), { numRuns: 300 });
});

test('values of any kind in any place never throw', () => {
  const value = fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify(json));
  const keys = [...weather.matchAll(/^( *)([a-z_]+): \S.*$/gm)];
  fc.assert(
    fc.property(fc.constantFrom(...keys), value, (match, json) => {
      const [whole = '', indent = '', key = ''] = match;
      expectSound(weather.replace(whole, () => `${indent}${key}: ${json}`));
    }),
    { numRuns: 150 },
  );
});
