import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { compileMatch, TARGET } from './build.ts';

it('the checked-in WebAssembly is what its source compiles to (else: npm run build:wasm)', async () => {
  expect(await compileMatch()).toBe(await readFile(TARGET, 'utf8'));
}, 60_000);
