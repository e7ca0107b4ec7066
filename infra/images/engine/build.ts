/**
 * The image of the engine: `npm run build:image` packs the npm package, installs it as anybody would
 * for the image's system, and builds `engine-streams/engine` around it. NODE_IMAGE names another
 * base than Node's official slim image.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackage, PACKAGE_DIRECTORY } from '../../package/build.ts';

const CONTEXT = join(import.meta.dirname, '../../../dist/image');

/** The image's name; compose.yaml has it too. */
export const ENGINE_IMAGE = 'engine-streams/engine:latest';

/** What npm installs for, whatever this machine is: Node's slim image is Debian, with glibc. */
const TARGET = ['--os=linux', '--libc=glibc', `--cpu=${process.arch}`];

/** Builds the image. Throws when a step fails: its output is on stderr. */
export async function buildImage(): Promise<void> {
  rmSync(CONTEXT, { recursive: true, force: true });
  mkdirSync(CONTEXT, { recursive: true });
  await buildPackage();
  const said = run('npm', ['pack', '--json', PACKAGE_DIRECTORY]);
  const [{ filename } = { filename: '' }] = JSON.parse(said) as { filename: string }[];
  writeFileSync(join(CONTEXT, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', ...TARGET, `./${filename}`]);
  const manifest = readFileSync(join(PACKAGE_DIRECTORY, 'package.json'), 'utf8');
  const { name } = JSON.parse(manifest) as { name: string };
  const installed = join(CONTEXT, 'node_modules', name);
  cpSync(join(installed, 'pipelines'), join(CONTEXT, 'pipelines'), { recursive: true });
  const { NODE_IMAGE = '' } = process.env;
  const base = NODE_IMAGE === '' ? [] : ['--build-arg', `NODE_IMAGE=${NODE_IMAGE}`];
  const file = join(import.meta.dirname, 'Dockerfile');
  run('docker', ['build', '--quiet', '--tag', ENGINE_IMAGE, ...base, '--file', file, CONTEXT]);
}

const run = (file: string, args: string[]): string =>
  execFileSync(file, args, {
    cwd: CONTEXT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

if (import.meta.main) await buildImage();
