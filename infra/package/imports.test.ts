import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { importsOf, missingImports } from './imports.ts';

let directory = '';
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What is missing of a package of these files, which declares rxjs. */
function missingOf(files: Readonly<Record<string, string>>): string[] {
  directory = mkdtempSync(join(tmpdir(), 'package-'));
  const manifest = '{ "dependencies": { "rxjs": "7.8.2" } }';
  for (const [path, text] of Object.entries({ ...files, 'package.json': manifest })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return missingImports(directory);
}

describe('imports of a text', () => {
  it('are those that are static, with or without names, and those made when it runs', () => {
    const text = `import { a,\n  b } from "./a.js";\nimport "b";\nexport * from './c.js';
const load = () => import("./d.js");\nexport type { E } from '@e/f/g';`;
    expect(importsOf(text).sort()).toEqual(['./a.js', './c.js', './d.js', '@e/f/g', 'b']);
  });

  it('are no texts beside them', () => {
    expect(importsOf(`export type Kind = 'a' | 'b';\nexport const c = 'from "d"';`)).toEqual([]);
  });
});

describe('a package', () => {
  it('lacks nothing when files are there and packages are declared', () => {
    const code =
      'import "node:fs";\nimport { of } from "rxjs/operators";\nimport "../chunks/b.js";';
    const types = "export type { B } from '../chunks/b.js';";
    const chunk = { 'chunks/b.js': '', 'chunks/b.d.ts': '' };
    expect(missingOf({ 'engine/a.js': code, 'engine/a.d.ts': types, ...chunk })).toEqual([]);
  });

  it('lacks a chunk that was left out', () => {
    const files = { 'a.js': 'import "./b.js";\nawait import("./c.js");', 'b.js': '' };
    expect(missingOf(files)).toEqual(['a.js: ./c.js']);
  });

  it('lacks the declarations that others name', () => {
    const files = { 'a.d.ts': "export type { B } from './b.js';", 'b.js': '' };
    expect(missingOf(files)).toEqual(['a.d.ts: ./b.js']);
  });

  it('lacks a package that is imported and not declared, as code or as types', () => {
    const files = { 'a.js': 'import z from "zod";', 'a.d.ts': "import type { Y } from '@y/yaml';" };
    expect(missingOf(files).sort()).toEqual(['a.d.ts: @y/yaml', 'a.js: zod']);
  });

  it('lacks a file that a module looks for beside itself', () => {
    const code = `readFileSync(new URL("../p/x.yaml", new URL("../commands/a.js", import.meta.url).href));
readFileSync(new URL("../p/y.yaml", new URL("../commands/a.js", import.meta.url).href));`;
    const files = { 'engine/chunks/a.js': code, 'engine/p/x.yaml': '' };
    expect(missingOf(files)).toEqual(['engine/chunks/a.js: ../p/y.yaml']);
  });
});
