import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { register } from './check.ts';

const path = (name: string): string => new URL(`../../pipelines/${name}`, import.meta.url).pathname;

interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: unknown;
}

/** Runs `engine check …` in this process. */
async function check(...argv: string[]): Promise<Outcome> {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const program = new Command('engine').exitOverride();
  register(program);
  const code: unknown = await program
    .parseAsync(['check', ...argv], { from: 'user' })
    .then(() => null)
    .catch((error: unknown) => (error as { code: unknown }).code);
  const text = (spy: typeof out): string => spy.mock.calls.map(([chunk]) => String(chunk)).join('');
  return { out: text(out), err: text(err), code };
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('a definition that is right is said to be, with what stands in on stderr', async () => {
  const { out, err, code } = await check(path('weather.yaml'), '--set', 'KAFKA_BROKERS=a:1');
  expect(code).toBeNull();
  expect(out).toMatch(/weather\.yaml: ok \(1 source, 3 stages, 5 sinks\)\n$/);
  expect(err).not.toContain('KAFKA_BROKERS');
});

test('all that is wrong with all files is printed, then it ends as an invalid definition', async () => {
  const files = ['unknown-key', 'cycle'].map((code) => path(`invalid/${code}.yaml`));
  const { out, err, code } = await check(...files);
  expect(code).toBe('ENG_DEFINITION_INVALID');
  expect(out).toBe('');
  expect(err).toContain('did you mean `schema`?');
  expect(err).toContain('cycle');
  expect(err).toContain('^');
});

test('a warning is printed, and the definition is right', async () => {
  const { err, code } = await check(path('invalid/unused.yaml'));
  expect(code).toBeNull();
  expect(err).toContain('warning: ');
});

test('--json prints findings with their places', async () => {
  const { out, err, code } = await check('--json', path('invalid/unknown-key.yaml'));
  expect(code).toBe('ENG_DEFINITION_INVALID');
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject([
    { ok: false, diagnostics: [{ code: 'unknown-key', span: { line: 6, column: 5 } }] },
  ]);
});

test('a file that is not there, and a --set without =, are said in plain words', async () => {
  expect((await check('nowhere.yaml')).code).toBe('ENG_FILE_READ');
  expect((await check(path('weather.yaml'), '--set', 'A')).code).toBe('ENG_CLI_USAGE');
});
