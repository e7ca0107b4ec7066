/**
 * The npm package: `npm run build:package` builds it into dist/package, as it is packed.
 *
 * Bundled JavaScript with source maps, the types of what programs call, what the commands need beside
 * it, the shipped pipelines, licences of what is bundled, and a package.json without what only a
 * checkout needs.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { importsOf, missingImports } from './imports.ts';
import { licencesOf } from './licences.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where the package is built. */
export const PACKAGE_DIRECTORY = join(ROOT, 'dist/package');

/** What is copied as it is. */
const COPIED = [
  'engine/bin.js',
  'infra/compose.yaml',
  'infra/servers/kafka',
  'infra/servers/cassandra',
  'pipelines/batch.yaml',
  'pipelines/cities.csv',
  'pipelines/examples',
  'pipelines/pipeline.schema.json',
  'pipelines/producer.yaml',
  'pipelines/REFERENCE.md',
  'pipelines/starter.yaml',
  'pipelines/weather.yaml',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
];

/** Fields of package.json that the package keeps. */
const KEPT = ['name', 'version', 'description', 'type', 'license', 'bin', 'engines'];

/** What programs import, by its name in `exports`. */
const EXPORTS = { '.': 'engine/index', './extension': 'engine/extension' };

/** Builds the package anew. Throws when it does not compile, or lacks what it asks for. */
export async function buildPackage(): Promise<void> {
  rmSync(PACKAGE_DIRECTORY, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = join(import.meta.dirname, 'tsconfig.json');
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
  keepDeclarations();
  const chunks = await bundle(PACKAGE_DIRECTORY);
  for (const path of COPIED) {
    const target = join(PACKAGE_DIRECTORY, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target, { recursive: true });
  }
  chmodSync(join(PACKAGE_DIRECTORY, 'engine/bin.js'), 0o755);
  write('THIRD-PARTY-LICENSES', licencesOf(chunks.flatMap(({ moduleIds }) => moduleIds)));
  const imported = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  write('package.json', `${JSON.stringify(manifestFor(new Set(imported)), null, 2)}\n`);
  const missing = missingImports(PACKAGE_DIRECTORY);
  if (missing.length > 0) throw new Error(`the package lacks\n  ${missing.join('\n  ')}`);
}

/** The manifest: of the dependencies those that are not bundled. */
function manifestFor(imported: ReadonlySet<string>): object {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const all = JSON.parse(text) as { dependencies: Record<string, string> };
  const kept = Object.entries(all).filter(([name]) => KEPT.includes(name));
  const dependencies = Object.entries(all.dependencies).filter(([name]) => imported.has(name));
  const entries = Object.entries(EXPORTS).map(
    ([name, path]) => [name, { types: `./${path}.d.ts`, default: `./${path}.js` }] as const,
  );
  return {
    ...Object.fromEntries<unknown>(kept),
    dependencies: Object.fromEntries(dependencies),
    exports: { ...Object.fromEntries(entries), './package.json': './package.json' },
  };
}

/**
 * Of the declarations those that `exports` lead to. They name each other by the files that are there:
 * the compiler leaves `.ts` in them.
 */
function keepDeclarations(): void {
  const kept = new Set<string>();
  const keep = (path: string): void => {
    if (kept.has(path)) return;
    kept.add(path);
    const compiled = readFileSync(path, 'utf8');
    const text = compiled.replace(/((?:from|import\() ?'\.[^']*)\.ts'/g, "$1.js'");
    writeFileSync(path, text);
    for (const specifier of importsOf(text).filter((one) => one.startsWith('.'))) {
      keep(join(dirname(path), specifier.replace(/js$/, 'd.ts')));
    }
  };
  for (const path of Object.values(EXPORTS)) keep(join(PACKAGE_DIRECTORY, `${path}.d.ts`));
  const files = readdirSync(PACKAGE_DIRECTORY, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
    const path = join(PACKAGE_DIRECTORY, file);
    if (!kept.has(path)) rmSync(path);
  }
}

const write = (path: string, text: string): void =>
  writeFileSync(join(PACKAGE_DIRECTORY, path), text);

if (import.meta.main) await buildPackage();
