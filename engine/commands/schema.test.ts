import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedFiles } from './schema.ts';

const files = [...generatedFiles()];

test.each(files)('pipelines/%s is what `engine schema --write` writes', (name, text) => {
  const committed = readFileSync(new URL(`../../pipelines/${name}`, import.meta.url), 'utf8');
  expect(committed === text, `${name} is stale: run \`engine schema --write\``).toBe(true);
});
