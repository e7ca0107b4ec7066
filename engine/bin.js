#!/usr/bin/env node
// Plain JavaScript on purpose: it must run, and explain itself, on a Node too old for the rest.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const fits = major > 22 || (major === 22 && minor >= 18);

if (fits) {
  // Compiled and stripped of types once, not at every start.
  module.enableCompileCache();
  const extension = existsSync(new URL('./cli.ts', import.meta.url)) ? 'ts' : 'js';
  // The package is bundled: nothing to look for.
  if (extension === 'ts') (await import(`./own-imports.${extension}`)).resolveOwnImports();
  const { main } = await import(`./cli.${extension}`);
  await main(process.argv.slice(2));
} else {
  // A checkout pins its own Node as a dev dependency: use that one when it is there.
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    process.stderr.write(
      `engine needs Node 22.18 or newer, this is ${process.versions.node}. Install one from nodejs.org or run npm ci in a checkout.\n`,
    );
    process.exit(1);
  }
  const child = spawn(pinned, process.argv.slice(1), { stdio: 'inherit' });
  // Ctrl-C reaches both by itself, and a second one would have the engine quit at once.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code) => process.exit(code ?? 1));
}
