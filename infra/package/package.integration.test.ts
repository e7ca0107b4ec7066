import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage, PACKAGE_DIRECTORY } from './build.ts';
import { importsOf, missingImports } from './imports.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAME = '@engine-streams/engine';
/** The Node that runs this, and no server: as on a machine of somebody who tries the package. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  ...{ KAFKA_BROKERS: '', CASSANDRA_CONTACT_POINTS: '', NODE_OPTIONS: '' },
};

let folder: string;

async function execute(cwd: string, file: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd, env, maxBuffer: 64 << 20 });
  return stdout;
}

/** Compiles a program of the user, with the checks that one is likely to have. */
async function compile(file: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = '--strict --skipLibCheck --module nodenext --target es2024 --types node';
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types')];
  await execute(folder, process.execPath, tsc, ...options.split(' '), ...types, file);
}

const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'engine-package-'));
  await buildPackage();
  const said = await execute(folder, 'npm', 'pack', '--json', PACKAGE_DIRECTORY);
  const [{ filename } = { filename: '' }] = JSON.parse(said) as { filename: string }[];
  writeFileSync(
    join(folder, 'package.json'),
    '{ "name": "trial", "private": true, "type": "module" }',
  );
  await execute(folder, 'npm', 'install', '--no-audit', '--no-fund', join(folder, filename));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the npm package, in an empty folder', () => {
  const installed = (): string => join(folder, 'node_modules', NAME);

  it('runs the shipped example from compiled JavaScript', async () => {
    cpSync(join(installed(), 'pipelines'), join(folder, 'pipelines'), { recursive: true });
    const version = await execute(folder, 'npx', '--no-install', 'engine', '--version');
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
    const args = ['run', 'pipelines/weather.yaml', '--json'];
    await execute(folder, 'npx', '--no-install', 'engine', ...args);
    const query = ['query', 'weather_10m', '--json', '--limit', 'all'];
    const rows = await execute(folder, 'npx', '--no-install', 'engine', ...query);
    const cities = rows
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { city: string }).city);
    expect(cities).toHaveLength(1728);
    expect(new Set(cities).size).toBe(12);
  });

  it('has types and source maps, and nothing that only a checkout needs', () => {
    const files = filesOf(installed());
    const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
    expect(sources).toEqual([]);
    const code = files.filter((file) => file.endsWith('.js') && !file.endsWith('bin.js'));
    for (const file of code) {
      const text = readFileSync(join(installed(), file), 'utf8');
      // What only hands on has nothing to be mapped.
      const own = text.replace(/^(import|export) [^;]*;$/gm, '').trim();
      if (own !== '') expect(files).toContain(`${file}.map`);
    }
    expect(files.filter((file) => /[.](test|fixture|suite)[.]|golden|invalid/.test(file))).toEqual(
      [],
    );
    const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as object;
    expect(Object.keys(manifest)).not.toContain('devDependencies');
    expect(Object.keys(manifest)).not.toContain('scripts');
    expect(filesOf(join(folder, 'node_modules')).some((file) => /^node\//.test(file))).toBe(false);
  });

  it('has every file and package that it asks for, and no dependency beside', () => {
    expect(missingImports(installed())).toEqual([]);
    const manifest = readFileSync(join(installed(), 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(manifest) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(
      'cassandra-driver fastify kafkajs lz4-napi node-fetch piscina snappy'.split(' '),
    );
    const licences = readFileSync(join(installed(), 'THIRD-PARTY-LICENSES'), 'utf8');
    for (const name of ['commander', 'p-queue', 'p-retry', 'rxjs', 'yaml', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
  });

  it('loads every file of its code, clients of servers among them', async () => {
    const chunks = filesOf(join(installed(), 'engine/chunks')).filter((file) =>
      file.endsWith('.js'),
    );
    expect(chunks.length).toBeGreaterThan(50);
    const imports = chunks.map((file) => `await import('./engine/chunks/${file}');`);
    const all = join(installed(), 'all.mjs');
    writeFileSync(all, `${imports.join('\n')}\nconsole.log('all are there');\nprocess.exit();\n`);
    expect(await execute(folder, process.execPath, all)).toBe('all are there\n');
  });

  it('loads every command', async () => {
    const help = await execute(folder, 'npx', '--no-install', 'engine', '--help');
    const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(20);
    const bin = join(installed(), 'engine/bin.js');
    for (const name of commands) {
      const said = await execute(folder, process.execPath, bin, name, '--help');
      expect(said).toContain(`Usage: engine ${name}`);
    }
  });

  it('gives a thread few files, and none of the command line', () => {
    const loaded = new Set<string>();
    const load = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      const names = importsOf(readFileSync(path, 'utf8')).filter((name) => name.startsWith('.'));
      for (const name of names) load(join(dirname(path), name));
    };
    load(join(installed(), 'engine/pool/thread.js'));
    const code = [...loaded].map((path) => readFileSync(path, 'utf8')).join('\n');
    expect(code.length).toBeLessThan(600_000);
    expect(code).not.toMatch(/class ZodError|class CommanderError|class Subscriber/);
  });

  it('can be called from a program, with types', async () => {
    const program = `import { compile, run, type Summary } from '${NAME}';
const { plan, diagnostics } = compile("name: x");
const first: string | undefined = diagnostics[0]?.code;
export const ran: Promise<Summary> | null = plan === null ? null : run(plan, { until: 'end' });
console.log(first);
`;
    writeFileSync(join(folder, 'program.ts'), program);
    await compile('program.ts');
    expect((await execute(folder, process.execPath, 'program.js')).trim()).toBe('missing-key');
  });

  it('has its stages and aggregates from a module of the user, with types, in worker threads', async () => {
    const example = join(ROOT, 'infra/e2e/extension');
    const module = readFileSync(join(example, 'geography.ts'), 'utf8');
    const own = module.replace('../../../engine/extension.ts', `${NAME}/extension`);
    expect(own).toContain(NAME);
    writeFileSync(join(folder, 'geography.ts'), own);
    cpSync(join(example, 'wind.yaml'), join(folder, 'wind.yaml'));
    await compile('geography.ts');
    const stations = Array.from({ length: 4000 }, (_, i) => ({
      ...{ lat: 48.9, lon: i % 2 === 0 ? 2.3 : 9.3, speed: i % 2 === 0 ? 2 : 8 },
      at: '2024-03-28T10:00:00Z',
    }));
    writeFileSync(join(folder, 'in.ndjson'), stations.map((one) => JSON.stringify(one)).join('\n'));
    // As it is written, and as the compiler has left it.
    for (const extension of ['./geography.ts', './geography.js']) {
      const args = ['wind.yaml', '--extension', extension];
      await execute(folder, 'npx', '--no-install', 'engine', 'test', ...args);
      const settings = ['--set', 'STATIONS=in.ndjson', '--workers', '2', '--fresh', '--json'];
      const said = await execute(
        folder,
        ...(['npx', '--no-install', 'engine', 'run', ...args, ...settings] as const),
      );
      expect(JSON.parse(said.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
        summary: { finished: true, records: 4000, deadLetters: {} },
      });
    }
    const [file = ''] = filesOf(join(folder, 'out')).filter((name) => name.endsWith('.ndjson'));
    const rows = readFileSync(join(folder, 'out', file), 'utf8')
      .trimEnd()
      .split('\n');
    const first = rows.slice(0, 2).map((row) => JSON.parse(row) as Record<string, unknown>);
    expect(first.map(({ place, n, typical }) => [place, n, Number(typical).toFixed(6)])).toEqual([
      ['48:2', 2000, '2.000000'],
      ['48:8', 2000, '8.000000'],
    ]);
  });

  it('satisfies publint and "are the types wrong"', async () => {
    const bin = join(ROOT, 'node_modules/.bin');
    expect(await execute(ROOT, join(bin, 'publint'), '--strict', PACKAGE_DIRECTORY)).toContain(
      'All good',
    );
    const attw = ['--pack', PACKAGE_DIRECTORY, '--profile', 'esm-only', '--format', 'json'];
    const said = JSON.parse(await execute(ROOT, join(bin, 'attw'), ...attw)) as {
      analysis: { problems?: unknown };
    };
    expect(said.analysis).toMatchObject({ types: { kind: 'included' } });
  });
});
