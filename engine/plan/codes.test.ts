import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codes } from '../spec/codes.ts';

/** Sources of a folder, tests and fixtures aside. */
function* sourcesIn(folder: URL): Generator<string> {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts') || /\.(test|fixture|suite)\.ts$/.test(entry)) continue;
    yield readFileSync(new URL(entry, folder), 'utf8');
  }
}

test('every code that planning can report is in the list, and so has a case in pipelines/invalid', () => {
  const reported = ['.', '../stages', '../core/expression'].flatMap((folder) =>
    [...sourcesIn(new URL(`${folder}/`, import.meta.url))].flatMap((text) =>
      [
        ...text.matchAll(/\bcode: '([a-z-]+)'/g),
        ...text.matchAll(/\b(?:problem|#report)\(\s*'([a-z-]+)'/g),
      ].map(([, code]) => code ?? ''),
    ),
  );
  expect(reported.length).toBeGreaterThan(30);
  expect([...new Set(reported)].filter((code) => !codes.has(code))).toEqual([]);
});
