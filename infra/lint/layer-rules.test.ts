import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;

/** [rule that must report it, importing file, what it imports, 'type' for `import type`]. */
type Case = readonly [rule: string, from: string, to: string, kind?: 'type' | 'both'];

const forbidden: readonly Case[] = [
  ['errors', 'engine/errors.ts', 'engine/core/batch.ts', 'type'],
  ['core', 'engine/core/a.ts', 'engine/plan/planner.ts', 'type'],
  ['core', 'engine/core/b.ts', 'rxjs'],
  ['core', 'engine/core/c.ts', 'node:fs'],
  ['workers', 'workers/a.ts', 'engine/spec/parse.ts', 'type'],
  ['workers', 'workers/b.ts', 'node:fs'],
  ['workers-types', 'workers/c.ts', 'engine/plan/planner.ts'],
  ['workers-types', 'workers/d.ts', 'engine/plan/planner.ts', 'both'],
  ['spec', 'engine/spec/a.ts', 'engine/plan/planner.ts', 'type'],
  ['plan', 'engine/plan/a.ts', 'engine/stages/registry.ts'],
  ['plan', 'engine/plan/b.ts', 'yaml'],
  ['graph', 'engine/graph/a.ts', 'engine/io/kafka/source.ts'],
  ['graph', 'engine/graph/b.ts', 'node:fs'],
  ['graph-types', 'engine/graph/c.ts', 'workers/protocol.ts'],
  ['stages', 'engine/stages/source/a.ts', 'engine/io/kafka/source.ts'],
  ['stages', 'engine/stages/source/b.ts', 'engine/graph/build.ts'],
  ['io', 'engine/io/kafka/a.ts', 'engine/run/run.ts', 'type'],
  ['io', 'engine/io/kafka/b.ts', 'engine/spec/parse.ts', 'type'],
  ['io', 'engine/io/kafka/c.ts', 'pino'],
  ['io-types', 'engine/io/kafka/d.ts', 'engine/graph/ports.ts'],
  ['pool', 'engine/pool/a.ts', 'engine/plan/planner.ts', 'type'],
  ['pool', 'engine/pool/b.ts', 'rxjs'],
  ['pool-types', 'engine/pool/c.ts', 'engine/graph/ports.ts'],
  ['pool', 'engine/pool/d.ts', 'workers/entry.ts'],
  ['thread', 'engine/pool/thread.ts', 'engine/plan/planner.ts', 'type'],
  ['run', 'engine/run/a.ts', 'engine/commands/run.ts'],
  ['run', 'engine/run/b.ts', 'engine/serve/server.ts'],
  ['run', 'engine/run/c.ts', 'commander'],
  ['serve', 'engine/serve/a.ts', 'engine/io/kafka/source.ts'],
  ['bench', 'engine/bench/a.ts', 'engine/commands/run.ts'],
  ['bench', 'engine/bench/b.ts', 'engine/serve/server.ts'],
  ['index', 'engine/index.ts', 'engine/commands/run.ts'],
  ['commands', 'engine/commands/a.ts', 'yaml'],
  ['infra', 'infra/bench/a.ts', 'rxjs'],
  ['simulation', 'infra/simulation/a.ts', 'infra/servers/servers.ts'],
  ['oracles', 'infra/oracles/a.ts', 'engine/core/batch.ts', 'type'],
  ['lint', 'infra/lint/a.ts', 'engine/core/batch.ts'],
  ['tests', 'engine/core/a.test.ts', 'node-fetch'],
  ['nothing-imports-tests', 'engine/core/d.ts', 'engine/core/batch.test.ts'],
  ['a-stage-never-imports-another', 'engine/stages/sink/a.ts', 'engine/stages/source/kafka.ts'],
  ['kafkajs-only-in-io-kafka', 'engine/io/file/a.ts', 'kafkajs', 'type'],
  ['node-fetch-only-in-io-http', 'engine/io/file/fetch.ts', 'node-fetch'],
  ['cassandra-driver-only-in-io-cassandra', 'engine/io/kafka/e.ts', 'cassandra-driver'],
  ['no-cycles', 'engine/core/one.ts', 'engine/core/two.ts'],
  ['resolvable', 'engine/run/d.ts', '../missing.ts'],
];

const permitted: readonly Case[] = [
  ['', 'engine/core/p.ts', 'engine/errors.ts'],
  ['', 'workers/p.ts', 'engine/plan/planner.ts', 'type'],
  ['', 'workers/q.ts', 'node:zlib'],
  ['', 'workers/r.ts', 'snappy'],
  ['', 'engine/graph/p.ts', 'workers/protocol.ts', 'type'],
  ['', 'engine/graph/q.ts', 'rxjs'],
  ['', 'engine/stages/source/p.ts', 'engine/graph/operators/merge.ts'],
  ['', 'engine/stages/p.ts', 'engine/stages/source/kafka.ts'],
  ['', 'engine/io/kafka/p.ts', 'kafkajs'],
  ['', 'engine/io/kafka/q.ts', 'engine/graph/ports.ts', 'type'],
  ['', 'engine/io/cassandra/p.ts', 'cassandra-driver'],
  ['', 'engine/io/file/p.ts', 'node:fs'],
  ['', 'engine/pool/p.ts', 'piscina'],
  ['', 'engine/run/p.ts', 'engine/io/kafka/source.ts'],
  ['', 'engine/commands/p.ts', 'infra/servers/servers.ts'],
  ['', 'infra/simulation/p.ts', 'rxjs'],
  ['', 'infra/package/p.ts', 'rolldown'],
  ['', 'engine/core/p.test.ts', 'engine/run/run.ts'],
  ['', 'engine/core/q.test.ts', 'fast-check'],
];

let directory = '';
let found: { rule: string; from: string; to: string }[] = [];

beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'layers-')));
  write('tsconfig.json', '{}');
  for (const path of new Set([...forbidden, ...permitted].map(([, , to]) => to))) target(path);
  for (const [, from, to, kind] of [...forbidden, ...permitted])
    write(from, source(from, to, kind));
  write('engine/core/two.ts', `import { one } from './one.ts';\nexport const two = one;\n`);
  found = await violations();
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the layer rules', () => {
  it('each have a case that breaks them', () => {
    const cases = new Set(forbidden.map(([rule]) => rule));
    const names = (config.forbidden ?? []).map(({ name }) => name ?? '');
    expect(names.filter((name) => !cases.has(name))).toEqual([]);
  });

  it.each(forbidden)('%s reports %s importing %s (%s)', (rule, from) => {
    expect(found.filter((violation) => violation.from === from).map((v) => v.rule)).toContain(rule);
  });

  it.each(permitted)('%s permit %s importing %s (%s)', (_, from) => {
    expect(found.filter((violation) => violation.from === from)).toEqual([]);
  });
});

async function violations(): Promise<typeof found> {
  const { output } = await cruise(
    ['engine', 'workers', 'infra'],
    { ...config.options, baseDir: directory, validate: true, ruleSet: config },
    config.options?.enhancedResolveOptions,
  );
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name,
    from,
    to,
  }));
}

function write(path: string, text: string): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Makes what a case imports: a module of the tree, or a package. */
function target(to: string): void {
  if (to.startsWith('node:') || to.startsWith('../')) return;
  if (to.endsWith('.ts')) {
    write(to, 'export const it = 1;\n');
    return;
  }
  write(`node_modules/${to}/package.json`, `{"name":"${to}","main":"index.js"}`);
  write(`node_modules/${to}/index.js`, 'exports.it = 1;\n');
}

function source(from: string, to: string, kind?: 'type' | 'both'): string {
  const path = relative(dirname(from), to);
  const specifier = !to.endsWith('.ts') ? to : path.startsWith('.') ? path : `./${path}`;
  const types = `import type { it as Its } from '${specifier}';\nexport type It = typeof Its;\n`;
  const values = `import { it } from '${specifier}';\nexport const one = it;\n`;
  return kind === 'type' ? types : kind === 'both' ? types + values : values;
}
