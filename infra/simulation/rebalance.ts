/** What may happen to the consumer group of a topic. */
import type { SimulatedSource } from './broker.ts';
import type { Durable } from './durable.ts';
import type { Group } from './group.ts';
import type { Command } from './schedule.ts';
import type { Topic } from './topic.ts';

/** Lets it happen; a topic that is read without a group does not notice. */
export function rebalance(
  { topic: at, into, partition }: Command & { do: 'rebalance' },
  world: {
    readonly durable: Durable;
    readonly random: () => number;
    readonly brokers: readonly SimulatedSource[];
  },
): void {
  const { durable, random, brokers } = world;
  const index = at % durable.topics.length;
  const topic = durable.topics[index] as Topic;
  const group = durable.groups[index] as Group;
  const all = [...topic.logs.keys()];
  if (into === 'taken') group.take(partition === null ? all : [partition % all.length], random);
  else if (into === 'lost') group.expel();
  else if (into === 'cut') brokers[index]?.cut();
  else if (!group.giveBack()) group.change();
}
