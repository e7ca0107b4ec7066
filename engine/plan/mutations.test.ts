import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { functions } from '../core/expression/functions/registry.ts';
import { cases } from '../fuzz.fixture.ts';
import { compileDefinition } from '../run/compile.ts';
import { nothingSet } from '../spec/definition.fixture.ts';
import { vocabulary } from '../stages/registry.ts';
import { explainProgram } from './explain-program.ts';

const texts = globSync('pipelines/*.yaml')
  .toSorted()
  .map((file) => readFileSync(file, 'utf8').slice(0, 6000));
const lines = [...new Set(texts.flatMap((text) => text.split('\n')))];
/** Words of the language, of the definitions, and such as nobody expects. */
const words = [
  ...new Set(texts.flatMap((text) => text.match(/[\w$.:-]+/g) ?? [])),
  ...vocabulary.keywords.map(({ keyword }) => keyword),
  ...functions.keys(),
  ...['9e99', '-1', '0', '0s', '999999999d', '1e400', 'null', 'true', '~', '[]', '{}', '""'],
  ...['constructor', '__proto__', 'é', '𝒳', '\u0000', '\uFEFF', '*', '&a', '<<', '- -', '|', '>'],
];

const mutation = fc.record({
  kind: fc.constantFrom('word', 'word', 'word', 'line', 'cut', 'move', 'twice', 'char'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  word: fc.constantFrom(...words),
  line: fc.constantFrom(...lines),
  length: fc.nat(60),
  char: fc.constantFrom(...Array.from('{}[],:-"\'#&*!|>%@`?\t\n $\\()')),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutated(text: string, { kind, at, word, line, length, char }: Mutation): string {
  const place = Math.floor(at * text.length);
  if (kind === 'word') {
    const found = [...text.matchAll(/[\w$.:-]+/g)];
    const match = found[Math.floor(at * found.length)];
    if (match === undefined) return word;
    return text.slice(0, match.index) + word + text.slice(match.index + match[0].length);
  }
  if (kind === 'cut') return text.slice(0, place) + text.slice(place + length);
  if (kind === 'char') return text.slice(0, place) + char + text.slice(place);
  const all = text.split('\n');
  const row = Math.floor(at * all.length);
  if (kind === 'line') return all.toSpliced(row, length % 2, line).join('\n');
  const from = all.slice(row, row + 1 + (length % 6));
  if (kind === 'twice') return all.toSpliced(row, 0, ...from).join('\n');
  const rest = all.toSpliced(row, from.length);
  return rest.toSpliced(length % (rest.length + 1), 0, ...from).join('\n');
}

/** What it costs is told by the processor, as other work on the machine must not fail it. */
const MOST_MS = 1000;

/** A plan whose programs compile, or an error; all in time, every finding within the text. */
function expectSound(text: string): void {
  const before = process.cpuUsage();
  const { plan, diagnostics, print } = compileDefinition(text, 'test.yaml', nothingSet);
  if (plan !== null) explainProgram(plan);
  print({ color: true });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_MS);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(plan === null).toBe(errors.length > 0);
  const rows = text.split('\n');
  for (const { span, message } of diagnostics) {
    expect(span.line).toBeGreaterThanOrEqual(1);
    expect(span.line).toBeLessThanOrEqual(rows.length);
    expect(span.column).toBeGreaterThanOrEqual(1);
    expect(span.column).toBeLessThanOrEqual((rows[span.line - 1] ?? '').length + 2);
    expect(message).toMatch(/\S/);
  }
}

test('mutations of valid definitions give a plan or say what is wrong, where, and soon', () => {
  for (const text of texts) expectSound(text);
  const property = fc.property(
    fc.constantFrom(...texts),
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    (text, mutations) => expectSound(mutations.reduce(mutated, text)),
  );
  fc.assert(property, { numRuns: cases({ share: 200, all: 10_000 }) });
});
