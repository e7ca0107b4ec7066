/** `engine infra … --docker`, as a user calls it. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imagesHere } from './images-here.ts';

const execute = promisify(execFile);
const project = `engine-infra-${randomUUID().slice(0, 8)}`;
const bin = join(import.meta.dirname, '../../engine/bin.js');
let env: NodeJS.ProcessEnv;

async function engine(...args: string[]): Promise<string> {
  return (await execute(process.execPath, [bin, ...args], { env })).stdout;
}

async function docker(...args: string[]): Promise<string> {
  return (await execute('docker', [...args, '--filter', `name=${project}`], { env })).stdout;
}

beforeAll(async () => {
  env = { ...process.env, ...(await imagesHere()), COMPOSE_PROJECT_NAME: project };
});
afterAll(() => engine('infra', 'reset', '--docker'));

it('engine infra up --docker starts a server that answers, down keeps its data, reset does not', async () => {
  const up = await engine('infra', 'up', '--docker', '--only', 'kafka', '--kafka-port', '0');
  expect(up).toMatch(/^KAFKA_BROKERS=127\.0\.0\.1:\d+\n$/);
  const [, brokers = ''] = up.trim().split('=');
  expect(await engine('topics', '--brokers', brokers, '--json')).toBe('[]\n');
  expect((await docker('ps', '--quiet')).trim().split('\n')).toHaveLength(1);

  await engine('infra', 'down', '--docker');
  expect(await docker('ps', '--all', '--quiet')).toBe('');
  expect(await docker('volume', 'ls', '--quiet')).not.toBe('');

  await engine('infra', 'reset', '--docker');
  expect(await docker('volume', 'ls', '--quiet')).toBe('');
});
