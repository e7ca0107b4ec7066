/** Every rule of docs/semantics.md has a test that carries its number. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** The rules that a text lists: `- **W2** …`. */
const rulesIn = (text: string): string[] =>
  [...text.matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)].map(([, rule = '']) => rule);

/** The rules named by what tests call themselves, in a test file's text. */
function rulesNamed(text: string): Set<string> {
  const names = text.matchAll(
    /(?:\b(?:it|test|describe)\b[^'"`]*|what: )(['"`])((?:(?!\1).)*)\1/gs,
  );
  const found = new Set<string>();
  for (const [, , name = ''] of names) {
    for (const [rule] of name.matchAll(/\b[TWORLK]\d{1,2}\b/g)) found.add(rule);
  }
  return found;
}

const tests = ['engine', 'workers', 'infra'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(test|suite)\.ts$/.test(file))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
);

describe('the rules of docs/semantics.md', () => {
  const rules = rulesIn(readFileSync(join(ROOT, 'docs/semantics.md'), 'utf8'));
  const named = new Set(tests.flatMap((text) => [...rulesNamed(text)]));

  it('are listed once each', () => {
    expect(rules.length).toBeGreaterThan(30);
    expect(new Set(rules).size).toBe(rules.length);
  });

  it.each(rules)('%s has a test that carries its number', (rule) => {
    expect([...named]).toContain(rule);
  });
});

describe('the search for them', () => {
  it('reads names of tests, and nothing else', () => {
    const text =
      "// W1\nit('W2, T5: closes', () => f('W3'));\ntest.each([1])('O1 %s', g);\nconst K1 = 1;";
    expect([...rulesNamed(text)].toSorted()).toEqual(['O1', 'T5', 'W2']);
  });
});
