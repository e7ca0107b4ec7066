import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const long = Array.from({ length: 61 }, (_, i) => `  void ${i};`).join('\n');

/** Code that must be reported: [rule, file, code]. */
const broken: readonly (readonly [rule: string, file: string, code: string])[] = [
  ['no-restricted-globals', 'engine/core/a.ts', 'export const now = (): Date => new Date();'],
  ['no-restricted-globals', 'engine/core/b.ts', 'setTimeout(() => undefined, 1);'],
  ['no-restricted-globals', 'engine/core/c.ts', 'export const bytes = Buffer.alloc(1);'],
  ['no-restricted-globals', 'engine/core/d.ts', 'export const { env } = process;'],
  ['no-restricted-properties', 'engine/core/e.ts', 'export const dice = Math.random();'],
  ['no-restricted-globals', 'engine/core/sleep.test.ts', 'setTimeout(() => undefined, 1);'],
  ['no-restricted-properties', 'engine/core/clock.test.ts', 'export const t = Date.now();'],
  ['no-new-func', 'engine/core/f.ts', `export const f = new Function('return 1');`],
  ['@typescript-eslint/no-implied-eval', 'engine/run/f.ts', `export const f = Function('1');`],
  ['no-eval', 'engine/core/g.ts', `export const g: unknown = eval('1');`],
  ['no-restricted-imports', 'engine/run/a.ts', `export { Subject } from 'rxjs';`],
  [
    'rxjs-x/no-async-subscribe',
    'engine/run/b.ts',
    `import { of } from 'rxjs';\nof(1).subscribe(async () => { await Promise.resolve(); });`,
  ],
  [
    'rxjs-x/finnish',
    'engine/run/c.ts',
    `import { of } from 'rxjs';\n/** It. */\nexport const ones = of(1);`,
  ],
  ['engine/embedded-word', 'engine/plan/a.ts', `/** It. */\nexport const kind = 'Embedded';`],
  ['engine/embedded-word', 'engine/plan/b.ts', '/** It. */\nexport const isEmbedded = true;'],
  ['engine/embedded-word', 'workers/a.ts', '/** It. */\nexport const kind = `an embedded ${1}`;'],
  ['engine/docstring-on-export', 'engine/plan/c.ts', '/* no docstring */\nexport const a = 1;'],
  ['engine/docstring-on-export', 'infra/bench/c.ts', 'export interface A { readonly a: 1 }'],
  [
    'engine/plain-object-as-map',
    'engine/plan/d.ts',
    'const map: Record<string, number> = {};\n/** It. */\nexport const put = (key: string): void => {\n  map[key] = 1;\n};',
  ],
  ['no-console', 'engine/run/d.ts', `console.log('x');`],
  ['max-lines', 'engine/plan/e.ts', 'void 0;\n'.repeat(301)],
  ['max-lines-per-function', 'engine/plan/f.ts', `/** It. */\nexport function f() {\n${long}\n}`],
  [
    '@typescript-eslint/max-params',
    'engine/plan/g.ts',
    '/** It. */\nexport const f = (a: 1, b: 1, c: 1, d: 1, e: 1): number => a + b + c + d + e;',
  ],
  [
    'max-depth',
    'engine/plan/h.ts',
    '/** It. */\nexport function f(a: boolean): void {\n if (a) { if (a) { if (a) { if (a) { if (a) { void 0; } } } } }\n}',
  ],
  ['@typescript-eslint/no-floating-promises', 'engine/run/e.ts', 'Promise.resolve(1);'],
];

/** Code in the place where it is right: no rule of the list above may report it. */
const fine: readonly (readonly [file: string, code: string])[] = [
  ['engine/core/emit.ts', `/** It. */\nexport const f: unknown = new Function('return 1');`],
  ['engine/core/oracle.test.ts', 'export const year = new Date(0).getUTCFullYear();'],
  ['engine/spec/normalize.ts', `/** It. */\nexport const kind = 'embedded';`],
  ['engine/io/embedded/a.ts', `/** It. */\nexport const kind = 'embedded';`],
  ['engine/run/ports.ts', `/** It. */\nexport { kind } from '../io/embedded/a.ts';`],
  ['engine/graph/a.ts', `/** It. */\nexport { Subject } from 'rxjs';`],
  ['engine/plan/long.test.ts', `/** It. */\nexport function f(): void {\n${long}\n}`],
  [
    'engine/plan/ok.ts',
    'const list: number[] = [];\n/** It. */\nexport const put = (i: number): void => {\n  list[i] = 1;\n};',
  ],
];

let directory = '';
const found = new Map<string, (string | null)[]>();

beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'lint-')));
  for (const path of ['eslint.config.js', 'tsconfig.json', 'infra/lint/rules', 'package.json']) {
    cpSync(join(root, path), join(directory, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [, file, code] of broken) write(file, code);
  for (const [file, code] of fine) write(file, code);
  const results = await new ESLint({ cwd: directory }).lintFiles(['engine', 'workers', 'infra']);
  for (const { filePath, messages } of results) {
    found.set(
      relative(directory, filePath),
      messages.map(({ ruleId }) => ruleId),
    );
  }
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the lint rules', () => {
  it('of our own each have a case that breaks them', async () => {
    const config = (await import(join(root, 'eslint.config.js'))) as {
      default: { plugins?: { engine?: { rules: object } } }[];
    };
    const own = config.default.flatMap(({ plugins }) => Object.keys(plugins?.engine?.rules ?? {}));
    const cases = new Set(broken.map(([rule]) => rule));
    expect(own.length).toBeGreaterThan(0);
    expect([...new Set(own)].filter((rule) => !cases.has(`engine/${rule}`))).toEqual([]);
  });

  it.each(broken)('%s reports %s', (rule, file) => {
    expect(found.get(file)).toContain(rule);
  });

  it.each(fine)('permit %s', (file) => {
    const ours = new Set(broken.map(([rule]) => rule));
    expect(found.get(file)?.filter((rule) => rule !== null && ours.has(rule))).toEqual([]);
  });
});

function write(path: string, code: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${code}\n`);
}
