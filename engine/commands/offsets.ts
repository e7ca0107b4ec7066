/** `engine offsets`: how far a consumer group has read a topic. */
import type { Command } from 'commander';
import { EngineError } from '../errors.ts';
import { groupOffsets } from '../io/kafka/admin.ts';
import type { PartitionOffsets } from '../io/kafka/admin.ts';
import { type BrokerFlags, brokersOf, withBrokers } from './kafka-brokers.ts';
import { type TextColumn, textTable } from './text-table.ts';

interface OffsetsFlags extends BrokerFlags {
  readonly json?: true;
}

/** Adds the command. */
export function register(program: Command): void {
  withBrokers(program.command('offsets'))
    .description('show how far a consumer group has read a topic')
    .argument('<group/topic>', 'the group and the topic, e.g. weather/kafka-weather-events')
    .option('--json', 'as JSON')
    .action(run);
}

/** `group/topic` in its parts; a topic has no slash, a group may. Throws EngineError ENG_CLI_USAGE. */
export function readGroupAndTopic(text: string): { group: string; topic: string } {
  const slash = text.lastIndexOf('/');
  const group = text.slice(0, Math.max(slash, 0));
  const topic = text.slice(slash + 1);
  if (group !== '' && topic !== '') return { group, topic };
  throw new EngineError('ENG_CLI_USAGE', `write GROUP/TOPIC, e.g. weather/${text}`);
}

async function run(place: string, flags: OffsetsFlags): Promise<void> {
  const { group, topic } = readGroupAndTopic(place);
  const offsets = await groupOffsets(brokersOf(flags), group, topic);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ group, topic, partitions: offsets })}\n`);
    return;
  }
  process.stdout.write(offsetsTable(offsets));
  const isUnknown = offsets.every(({ committed }) => committed === null);
  process.stderr.write(
    isUnknown
      ? `group ${group} has committed nothing on topic ${topic}\n`
      : 'committed offsets are advisory: a pipeline goes on from its own snapshots\n',
  );
}

const title = (name: string): TextColumn => ({ title: name, align: 'right' });

/** The table that is printed, with the sum of the lags below. */
export function offsetsTable(offsets: readonly PartitionOffsets[]): string {
  const text = (value: number | null): string =>
    value === null ? '–' : value.toLocaleString('en-US');
  const lags = offsets.flatMap(({ lag }) => (lag === null ? [] : [lag]));
  const total = lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0);
  return textTable(
    [title('partition'), title('low'), title('high'), title('committed'), title('lag')],
    [
      ...offsets.map(({ partition, low, high, committed, lag }) => [
        String(partition),
        ...[low, high, committed, lag].map(text),
      ]),
      ['all', '', '', '', text(total)],
    ],
  );
}
