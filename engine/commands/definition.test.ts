import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { review } from './definition.ts';
import { type DefinitionFlags, withDefinitionOptions } from './definition-options.ts';

const BATCH = join(import.meta.dirname, '../../pipelines/batch.yaml');

function flagsOf(...args: string[]): DefinitionFlags {
  const command = withDefinitionOptions(new Command().exitOverride()).configureOutput({
    writeErr: () => undefined,
  });
  return command.parse(args, { from: 'user' }).opts();
}

it('counts ages from --now', () => {
  const { definition } = review(BATCH, flagsOf('--now', '2024-03-28T22:30:00Z'));
  const text = JSON.stringify(definition?.plan);
  for (const time of ['2024-03-28T22:25:00Z', '2024-03-28T22:30:00Z']) {
    expect(text).toContain(`"value":${Date.parse(time)}`);
  }
});

it.each(['yesterday', '2024-03-28 22:30:00', '5m'])('refuses --now %s', (text) => {
  expect(() => flagsOf('--now', text)).toThrow(CommanderError);
});
