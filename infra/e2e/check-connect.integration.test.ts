import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestKeyspace } from './keyspace.fixture.ts';
import { Project, freshName, serverVariables } from './project.fixture.ts';
import { TestTopic } from './topic.fixture.ts';

const name = freshName('connect');
const topic = new TestTopic(name, 3);
const keyspace = new TestKeyspace(name);
const project = new Project(serverVariables());

const definition = (table: string): string => `
name: ${name}
connections:
  kafka: { brokers: "\${KAFKA_BROKERS}" }
  cassandra: { contact_points: "\${CASSANDRA_CONTACT_POINTS}", keyspace: ${name} }
sources:
  readings: { kafka: { topic: ${name} }, schema: { city: string!, t: double } }
sinks:
  table: { from: readings, cassandra: { table: readings, primary_key: ${table} } }
  topic: { from: readings, kafka: { topic: ${name}_out } }
`;

beforeAll(async () => {
  await topic.create();
  project.write('fits.yaml', definition('[city]'));
  await project.engine('ddl', 'fits.yaml', '--apply');
  project.write('other.yaml', definition('[city]').replace('t: double', 't: string'));
  project.write('gone.yaml', definition('[city]').replace(`topic: ${name} }`, `topic: ${name}s }`));
});
afterAll(async () => {
  await project.remove();
  await keyspace.remove();
  await topic.remove();
});

it('says what is there, what will be made, and that producers stamp the records (T3)', async () => {
  const { lines } = await project.engine('check', 'fits.yaml', '--connect', '--json');
  const [{ servers } = { servers: [] }] = JSON.parse(lines.join('\n')) as {
    servers: { severity: string; at: string; message: string }[];
  }[];
  expect(servers.map(({ severity, at }) => `${severity} ${at}`)).toEqual([
    'warning source readings',
    'ok sink topic',
    'ok sink table',
  ]);
  expect(servers[0]?.message).toContain(`topic ${name} has 3 partitions`);
  expect(servers[1]?.message).toContain('`engine run` creates it');
  expect(servers[2]?.message).toBe(`table ${name}.readings is there and fits`);
});

it('fails with the difference of a table, and names the topic that was meant', async () => {
  const other = project.start('check', 'other.yaml', '--connect');
  expect(await other.exitCode()).toBe(1);
  expect(other.stderr).toContain('error: sink table: table');
  expect(other.lines).toEqual([]);
  const gone = project.start('check', 'gone.yaml', '--connect');
  expect(await gone.exitCode()).toBe(1);
  expect(gone.stderr).toContain(`there is no topic ${name}s`);
  expect(gone.stderr).toContain(`did you mean ${name}?`);
});
