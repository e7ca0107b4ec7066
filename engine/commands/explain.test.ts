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
 * configured. `--json` is in NAME.plan.json, `--program` in NAME.program.js.
 */
const directory = new URL('../../pipelines/', import.meta.url);
const golden = new URL('golden/', directory);
const names = readdirSync(directory).flatMap((file) =>
  file.endsWith('.yaml') ? [file.replace(/\.yaml$/, '')] : [],
);

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
  test.each(names)('%s has nothing wrong with it, and its golden files are fresh', async (name) => {
    const text = readFileSync(new URL(`${name}.yaml`, directory), 'utf8');
    const shipped = definitionOf(text, `pipelines/${name}.yaml`);
    const path = (kind: string): string => fileURLToPath(new URL(`${name}.${kind}`, golden));
    await expect(explain(shipped, { json: true }), stale).toMatchFileSnapshot(path('plan.json'));
    const program = explain(shipped, { program: true });
    await expect(unlinted(program), stale).toMatchFileSnapshot(path('program.js'));
  });

  test('has golden files, and nothing else has', () => {
    const wanted = names.flatMap((name) => [`${name}.plan.json`, `${name}.program.js`]);
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

  test.each([{}, { json: true }, { program: true }])('%j does not print secrets', (flags) => {
    const text = explain(secret, flags);
    expect(text).not.toContain('hush');
    expect(text).toContain('***');
  });

  test('--json prints JSON, the others text that ends with its line', () => {
    expect(() => JSON.parse(explain(secret, { json: true })) as unknown).not.toThrow();
    expect(explain(secret, {})).toMatch(/^pipeline test .*[^\n]\n$/s);
  });
});
