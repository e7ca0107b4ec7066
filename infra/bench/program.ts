/** Which engine a bench measures: the checkout, or with `--package` the npm package built of it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ownProgram, type Program } from '../../engine/bench/places.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The option, for `parseArgs`. */
export const packageOption = { package: { type: 'boolean', default: false } } as const;

/**
 * The engine to measure. The package is built anew, by a process of its own: the peak memory of a
 * child is at least what its parent had when it started it. What it does not bundle is the checkout's.
 */
export function programOf(values: { package: boolean }): Program {
  if (!values.package) return ownProgram;
  execFileSync(process.execPath, [join(ROOT, 'infra/package/build.ts')], { stdio: 'inherit' });
  const engine = join(ROOT, 'dist/package/engine');
  return { bin: join(engine, 'bin.js'), latencyRun: join(engine, 'bench/latency-run.js') };
}
