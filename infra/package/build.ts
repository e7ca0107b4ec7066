/**
 * The npm package: `npm run build:package` compiles it into dist/package, as it is packed.
 *
 * Compiled JavaScript with types and source maps, what the commands need beside it, the shipped
 * pipelines, and a package.json without what only a checkout needs.
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
const KEPT = [
  'name',
  'version',
  'description',
  'type',
  'license',
  'bin',
  'engines',
  'dependencies',
];

/** Builds the package anew. Throws when it does not compile. */
export function buildPackage(): void {
  rmSync(PACKAGE_DIRECTORY, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = join(import.meta.dirname, 'tsconfig.json');
  execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
  nameDeclarations();
  for (const path of COPIED) {
    const target = join(PACKAGE_DIRECTORY, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target, { recursive: true });
  }
  chmodSync(join(PACKAGE_DIRECTORY, 'engine/bin.js'), 0o755);
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const all = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const manifest = {
    ...Object.fromEntries(all.filter(([name]) => KEPT.includes(name))),
    exports: {
      '.': { types: './engine/index.d.ts', default: './engine/index.js' },
      './extension': { types: './engine/extension.d.ts', default: './engine/extension.js' },
      './package.json': './package.json',
    },
  };
  writeFileSync(join(PACKAGE_DIRECTORY, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Declarations name each other by the files that are there: the compiler leaves `.ts` in them. */
function nameDeclarations(): void {
  const files = readdirSync(PACKAGE_DIRECTORY, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) {
    const path = join(PACKAGE_DIRECTORY, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/((?:from|import\() ?'\.[^']*)\.ts'/g, "$1.js'"));
  }
}

if (import.meta.main) buildPackage();
