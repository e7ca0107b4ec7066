/**
 * Compiles the AssemblyScript of core/ to WebAssembly, as text in a module: `npm run build:wasm`.
 * Checked in, and checked to be fresh (build.test.ts), so that nobody needs the compiler to run.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DIRECTORY = join(import.meta.dirname, '../../engine/core/json/simd');
const OPTIONS = '-O3 --noAssert --enable simd --runtime stub --importMemory'.split(' ');
const WIDTH = 96;
const SOURCES = ['match.as.ts', 'walk.as.ts'];

/** Where the compiled module goes. */
export const TARGET = join(DIRECTORY, 'match.wasm.ts');

/** The module's text. Throws an error with the compiler's words. */
export async function compileMatch(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'engine-wasm-'));
  try {
    const file = join(place, 'match.wasm');
    // By its command: its types would be everybody's, and they are not those of JavaScript.
    const sources = SOURCES.map((name) => join(DIRECTORY, name));
    const args = [...sources, '--outFile', file, ...OPTIONS];
    await promisify(execFile)('npx', ['asc', ...args], { cwd: import.meta.dirname });
    return moduleOf(await readFile(file));
  } finally {
    await rm(place, { recursive: true });
  }
}

function moduleOf(code: Uint8Array): string {
  const digits = Buffer.from(code).toString('hex');
  const lines = digits.match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? [];
  return `/** match.as.ts and walk.as.ts, compiled: \`npm run build:wasm\`. */
const DIGITS = \`
${lines.join('\n')}\`;

/** The code of a WebAssembly module. */
export const CODE: Uint8Array = Uint8Array.from(
  DIGITS.replaceAll('\\n', '').match(/../g) ?? [],
  (byte) => parseInt(byte, 16),
);
`;
}

if (import.meta.main) await writeFile(TARGET, await compileMatch());
