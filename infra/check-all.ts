/**
 * `npm test`: every check of the repository, one after the other, none left out because an earlier
 * one failed. Ends with the summary of vitest, then, if anything failed, the names of what did.
 */
import { spawnSync } from 'node:child_process';

/** Where vitest's JSON reports go, one a suite. */
const results = '.engine/test-results';

const npm = (script: string): string[] => ['npm', 'run', '--silent', script];
const suite = (project: string): string[] => [
  ...['npx', 'vitest', 'run', '--project', project],
  ...['--reporter=default', '--reporter=json', `--outputFile.json=${results}/${project}.json`],
];

const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['typecheck', npm('typecheck')],
  ['lint', npm('lint')],
  ['boundaries', npm('boundaries')],
  ['dead code', npm('deadcode')],
  ['tracked files', npm('files')],
  ['unit tests, golden plans, generated files', suite('unit')],
  ['random expressions, records, names and mutations', npm('fuzz')],
  ['simulation', [...npm('simulate'), '--', '--runs', '8000']],
  ['mutants of the engine', [...npm('simulate'), '--', '--mutants']],
  ['integration tests', suite('integration')],
];

const failed: string[] = [];
for (const [name, [command = '', ...args]] of steps) {
  process.stdout.write(`\n── ${name}\n`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) continue;
  failed.push(name);
  process.stdout.write(`FAILED ${name}\n`);
}
if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join('; ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
