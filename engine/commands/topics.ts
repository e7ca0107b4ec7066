/** `engine topics`: the topics of a Kafka, or those kept in the project. */
import type { Command } from 'commander';
import { type BrokerFlags, withBrokers } from './kafka-brokers.ts';
import { textTable } from './text-table.ts';
import { topicViewOf } from './topic-view.ts';

interface TopicsFlags extends BrokerFlags {
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  withBrokers(program.command('topics'))
    .description('list topics: partitions and retained records')
    .option('--json', 'as JSON')
    .action(run);
}

async function run(flags: TopicsFlags): Promise<void> {
  const view = await topicViewOf(flags);
  const topics = await view.list();
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(topics)}\n`);
    return;
  }
  const [first] = topics;
  if (first === undefined) {
    const hint = 'fill one: engine load FILE --topic NAME --key FIELD';
    process.stderr.write(`no topics on ${view.place}; ${hint}\n`);
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
