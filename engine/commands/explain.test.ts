import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { buildPlan } from '../plan/build.ts';
import { definition } from '../plan/definition.fixture.ts';
import { parseDefinition } from '../spec/parse.ts';
import { registry, vocabulary } from '../stages/registry.ts';
import { explain } from './explain.ts';

/**
 * Golden files: what `engine explain` prints of each pipeline that is shipped, where nothing is
 * configured. `--json` is in NAME.plan.json, `--program` in NAME.program.js, the rest in NAME.plan.txt
 * and, as a flowchart, NAME.plan.mmd.
 */
const directory = new URL('../../pipelines/', import.meta.url);
const golden = new URL('golden/', directory);
const files = [
  ...readdirSync(directory).filter((file) => file.endsWith('.yaml')),
  // Of several sources, as no other.
  'examples/networks.yaml',
];
const nameOf = (file: string): string => file.replace(/^.*\//, '').replace(/\.yaml$/, '');

const stale =
  'golden files are stale: look at the difference, and if it is meant run `npx vitest run --project unit engine/commands/explain.test.ts --update`';

/** Generated code is not held to the rules of written code. */
const unlinted = (program: string): string =>
  program.includes('return function') ? `/* eslint-disable */\n${program}` : program;

/** A definition with an empty environment, on the evening of the recording. */
function definitionOf(text: string, file: string) {
  const none: ReadonlyMap<string, string> = new Map();
  const nowMs = Date.parse('2024-03-28T23:30:00+01:00');
  const given = { set: none, env: none, dotenv: none, nowMs };
  const environment = { ...given, topics: () => false, bounded: false };
  const { spec, diagnostics } = parseDefinition({ text, file, environment, vocabulary });
  const planned = spec === null ? null : buildPlan(spec, registry);
  const found = [...diagnostics, ...(planned?.diagnostics ?? [])];
  expect(found.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  return { spec: spec!, plan: planned!.plan! };
}

describe('a pipeline that is shipped', () => {
  test.each(files)('%s has nothing wrong with it, and its golden files are fresh', async (file) => {
    const text = readFileSync(new URL(file, directory), 'utf8');
    const shipped = definitionOf(text, `pipelines/${file}`);
    const name = nameOf(file);
    const path = (kind: string): string => fileURLToPath(new URL(`${name}.${kind}`, golden));
    await expect(explain(shipped, { json: true }), stale).toMatchFileSnapshot(path('plan.json'));
    const program = explain(shipped, { program: true });
    await expect(unlinted(program), stale).toMatchFileSnapshot(path('program.js'));
    await expect(explain(shipped, {}), stale).toMatchFileSnapshot(path('plan.txt'));
    const flowchart = explain(shipped, { format: 'mermaid' });
    await expect(flowchart, stale).toMatchFileSnapshot(path('plan.mmd'));
  });

  test('has golden files, and nothing else has', () => {
    const kinds = ['plan.json', 'plan.mmd', 'plan.txt', 'program.js'];
    const wanted = files.flatMap((file) => kinds.map((kind) => `${nameOf(file)}.${kind}`));
    expect(readdirSync(golden).toSorted(), stale).toEqual(wanted.toSorted());
  });
});

describe('explain', () => {
  const secret = definitionOf(
    definition({
      sinks: "out: { from: readings, where: city = $CITY_TOKEN, kafka: { topic: 'out' } }",
    }).replace('params:', 'params:\n  CITY_TOKEN: { type: string, default: hush-hush }'),
    'test.yaml',
  );

  test.each([
    {},
    { json: true },
    { program: true },
    { format: 'mermaid' as const },
    { stage: 'out' },
  ])('%j does not print secrets', (flags) => {
    const text = explain(secret, flags);
    expect(text).not.toContain('hush');
    expect(text).toContain('***');
  });

  test('--json prints JSON, the others text that ends with its line', () => {
    expect(() => JSON.parse(explain(secret, { json: true })) as unknown).not.toThrow();
    expect(explain(secret, {})).toMatch(/^pipeline test .*[^\n]\n$/s);
  });

  test('--stage prints the program of one stage or sink, and suggests names', () => {
    const two = definitionOf(
      definition({
        stages: `warm: { from: readings, where: t > 20 }
far: { from: warm, omit: [t] }
bare: { from: readings, omit: [t] }`,
        sinks: `out: { from: far, where: n > 1, stdout: {} }
bare: { from: bare, stdout: {} }
beside: { from: readings, where: n > 2, stdout: {} }`,
      }),
      'test.yaml',
    );
    const all = explain(two, { program: true });
    const each = ['warm', 'beside'].map((stage) => explain(two, { stage }));
    expect(each.join('\n')).toBe(all);
    // A loop is of all that share it.
    expect(all).toContain('// stage warm, stage far, sink out: one loop\n');
    expect(explain(two, { stage: 'out' })).toBe(each[0]);
    expect(explain(two, { stage: 'bare' })).toBe('// bare needs no code\n');
    expect(() => explain(two, { stage: 'worm' })).toThrow('did you mean warm?');
  });

  test('--format mermaid keeps text from being read as markup', () => {
    const odd = definitionOf(
      definition({
        stages: `end: { from: readings, where: 'city <> "a" and city < "#b"' }`.replaceAll(
          '"',
          "''",
        ),
        sinks: 'class: { from: end, stdout: {} }',
      }),
      'test.yaml',
    );
    const chart = explain(odd, { format: 'mermaid' });
    expect(chart).toContain('record_end --> sink_class\n');
    expect(chart.replaceAll(/<b>|<\/b>|<br\/>|-->|-\.->/g, '')).not.toMatch(/[<>]/);
    expect(chart).toContain("city #lt; '#35;b'");
  });
});
