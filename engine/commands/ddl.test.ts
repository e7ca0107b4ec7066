import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { register } from './ddl.ts';

afterEach(() => void vi.restoreAllMocks());

async function ddl(...argv: string[]): Promise<{ out: string; notes: string }> {
  let out = '';
  let notes = '';
  vi.stubEnv('CASSANDRA_CONTACT_POINTS', undefined);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((notes += String(text)), true));
  const program = new Command('engine').exitOverride();
  register(program);
  await program.parseAsync(['ddl', ...argv], { from: 'user' });
  vi.unstubAllEnvs();
  return { out, notes };
}

describe('engine ddl', () => {
  it('prints the keyspace and the table of the original project first', async () => {
    const { out } = await ddl('pipelines/weather.yaml');
    expect(out.split(';\n').slice(0, 2).join(';\n')).toBe(
      `CREATE KEYSPACE IF NOT EXISTS weather_keyspace
  WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1};

CREATE TABLE IF NOT EXISTS weather_keyspace.weather_table (
  date text,
  city text,
  lat float,
  lon float,
  temperature float,
  feels_like float,
  temperature_minus_feels_like float,
  PRIMARY KEY ((city, date))
)`,
    );
  });

  it('ends every statement so that the output can be piped into cqlsh', async () => {
    const { out } = await ddl('pipelines/weather.yaml');
    const statements = out.split(/;\n\n?/);
    expect(statements.at(-1)).toBe('');
    for (const statement of statements.slice(0, -1)) expect(statement).toMatch(/^CREATE /);
  });

  it('has the same statements as JSON', async () => {
    const { out } = await ddl('pipelines/weather.yaml', '--json');
    const { statements } = JSON.parse(out) as { statements: string[] };
    expect(statements.length).toBeGreaterThan(3);
  });

  it('applies nothing, and says so, when no Cassandra is configured', async () => {
    const { out, notes } = await ddl('pipelines/weather.yaml', '--apply');
    expect(out).toBe('');
    expect(notes).toContain('no Cassandra is configured');
  });
});
