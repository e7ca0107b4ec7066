import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { review } from './definition.ts';
import { writeStarter } from './init.ts';
import { generatedFiles } from './schema.ts';
import { runTests } from './test-run.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'engine-init-'));
  vi.stubEnv('CASSANDRA_CONTACT_POINTS', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

describe('engine init', () => {
  test('writes a definition without a mistake or a warning, whose tests hold', async () => {
    const written = writeStarter(join(directory, 'new/er'));
    const [definition = ''] = written;
    expect(written.map((file) => file.slice(directory.length))).toEqual([
      '/new/er/pipeline.yaml',
      '/new/er/pipeline.schema.json',
    ]);
    expect(review(definition, {}).diagnostics).toEqual([]);
    expect((await runTests([definition], {})).outcomes).toMatchObject([{ ok: true }]);
    expect(readFileSync(definition, 'utf8')).not.toContain(' FILE');
  });

  test('its first line leads editors to the schema beside it', () => {
    const [definition = '', schema = ''] = writeStarter(directory);
    const [line = ''] = readFileSync(definition, 'utf8').split('\n');
    expect(line).toBe('# yaml-language-server: $schema=./pipeline.schema.json');
    expect(schema).toBe(join(directory, 'pipeline.schema.json'));
    expect(readFileSync(schema, 'utf8')).toBe(generatedFiles().get('pipeline.schema.json'));
  });

  test('overwrites nothing: a definition that is there is a mistake, a schema is left as it is', () => {
    const schema = join(directory, 'pipeline.schema.json');
    writeFileSync(schema, 'mine');
    expect(writeStarter(directory)).toEqual([join(directory, 'pipeline.yaml')]);
    expect(readFileSync(schema, 'utf8')).toBe('mine');
    rmSync(schema);
    writeFileSync(join(directory, 'pipeline.yaml'), 'mine too');
    expect(() => writeStarter(directory)).toThrow('nothing was written');
    expect(readdirSync(directory)).toEqual(['pipeline.yaml']);
    expect(readFileSync(join(directory, 'pipeline.yaml'), 'utf8')).toBe('mine too');
  });

  test('says so when it cannot write there', () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    expect(() => writeStarter(join(file, 'below'))).toThrow(`cannot write to ${file}/below`);
  });
});
