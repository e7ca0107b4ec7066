/** `engine topics`: the topics of a Kafka. */
import type { Command } from 'commander';
import { listTopics } from '../io/kafka/admin.ts';
import { type BrokerFlags, brokersOf, withBrokers } from './kafka-brokers.ts';
import { textTable } from './text-table.ts';

interface TopicsFlags extends BrokerFlags {
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  withBrokers(program.command('topics'))
    .description('list the topics of a Kafka: partitions and retained records')
    .option('--json', 'as JSON')
    .action(run);
}

async function run(flags: TopicsFlags): Promise<void> {
  const connection = brokersOf(flags);
  const topics = await listTopics(connection);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(topics)}\n`);
    return;
  }
  const [first] = topics;
  if (first === undefined) {
    const hint = 'fill one: engine load FILE --topic NAME --key FIELD';
    process.stderr.write(`no topics on ${connection.addresses.join(', ')}; ${hint}\n`);
    return;
  }
  const rows = topics.map(({ name, partitions, records }) => [
    name,
    String(partitions),
    records.toLocaleString('en-US'),
  ]);
  process.stdout.write(
    textTable(
      [
        { title: 'topic', align: 'left' },
        { title: 'partitions', align: 'right' },
        { title: 'records', align: 'right' },
      ],
      rows,
    ),
  );
  process.stderr.write(`look into one: engine tail ${first.name}\n`);
}
