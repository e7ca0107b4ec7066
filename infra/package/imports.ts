/**
 * What the files of a package ask for, and whether it is there: files beside them, and packages that
 * its manifest declares. Installed below other packages an undeclared one may be found by accident.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const STATIC = /^(?:import|export)\b(?:[^;'"]*\bfrom)?\s*["']([^"'\n]+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;
/** A file that is looked for from the place of a module (see bundle.ts). */
const FILE = /new URL\(["']([^"']+)["'], new URL\(["']([^"']+)["'], import\.meta\.url\)\.href\)/g;

/** Modules and packages that a text imports. */
export const importsOf = (text: string): string[] =>
  [...text.matchAll(STATIC), ...text.matchAll(DYNAMIC)].map(([, name = '']) => name);

/** The name of the package that is imported; null for a file and for what comes with Node. */
export const packageOf = (specifier: string): string | null =>
  /^(\.|node:)/.test(specifier) ? null : (/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? null);

/** What a package in `directory` asks for and does not have, as `file: name`. */
export function missingImports(directory: string): string[] {
  const manifest = readFileSync(join(directory, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> };
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(directory, file), 'utf8');
      const isThere = (path: string): boolean => existsSync(join(directory, dirname(file), path));
      const imported = importsOf(text).filter((specifier) => {
        const name = packageOf(specifier);
        if (name !== null) return !(name in dependencies);
        if (specifier.startsWith('node:')) return false;
        return !isThere(file.endsWith('.d.ts') ? specifier.replace(/js$/, 'd.ts') : specifier);
      });
      const looked = [...text.matchAll(FILE)]
        .map(([, path = '', from = '']) => join(dirname(from), path))
        .filter((path) => !isThere(path));
      return [...imported, ...looked].map((name) => `${file}: ${name}`);
    });
}
