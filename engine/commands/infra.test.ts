import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { register } from './infra.ts';

/** The flags a command line gives to `infra NAME`, without running anything. */
function parse(name: string, ...args: string[]): unknown[] {
  const program = new Command();
  register(program);
  const command = program.commands[0]?.commands.find((each) => each.name() === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  let given: unknown[] = [];
  command.action((...all: unknown[]) => {
    given = all.slice(0, -1);
  });
  command.parse(args, { from: 'user' });
  return given;
}

describe('engine infra', () => {
  test('up takes ports, one server, a heap; 512 MiB unless told', () => {
    expect(parse('up')).toEqual([{ heap: 512 }]);
    const flags = ['--only', 'kafka', '--kafka-port', '9093', '--cassandra-port', '0'];
    expect(parse('up', ...flags, '--heap', '300', '--write-env')).toEqual([
      { only: 'kafka', kafkaPort: 9093, cassandraPort: 0, heap: 300, writeEnv: true },
    ]);
  });

  test.each([
    ['up', '--kafka-port', '65536'],
    ['up', '--kafka-port', '-1'],
    ['up', '--kafka-port', '90x'],
    ['up', '--cassandra-port', ''],
    ['up', '--heap', '64'],
    ['up', '--only', 'zookeeper'],
    ['up', '--export', '--json'],
    ['logs'],
    ['logs', 'zookeeper'],
    ['logs', 'kafka', '-n', '1.5'],
  ])('refuses %s %s %s', (name, ...args) => {
    expect(() => parse(name, ...args)).toThrow(/error: /);
  });

  test('logs takes a server, a number of lines and whether to follow', () => {
    expect(parse('logs', 'kafka')).toEqual(['kafka', { lines: 40 }]);
    expect(parse('logs', 'cassandra', '-n', '5', '-f')).toEqual([
      'cassandra',
      { lines: 5, follow: true },
    ]);
  });
});
