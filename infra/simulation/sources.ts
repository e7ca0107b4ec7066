/** The sources of a life, each as its topic is read: by itself, or through a consumer group. */
import type { Agenda } from './agenda.ts';
import { Broker, type SimulatedSource } from './broker.ts';
import type { Durable } from './durable.ts';
import { GroupSource } from './group-source.ts';
import type { Group } from './group.ts';
import type { Witness } from './witness.ts';

/** What sources need of their life. */
export interface SourcesWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly random: () => number;
  /** Virtual time, ms. */
  readonly now: () => number;
  readonly broken: ReadonlySet<string>;
  readonly stuck: ReadonlySet<string>;
}

/** Opens one for each topic. */
export function openSources(world: SourcesWorld, witness: Witness): readonly SimulatedSource[] {
  const { durable } = world;
  const life = durable.lives++;
  return durable.topics.map((topic, i) => {
    const seen = { memory: i === 0 ? witness : null, idle: witness.idleOf(i) };
    const part = { ...world, ...seen, topic, breaches: durable.breaches };
    if (topic.framing === 'lines') return new Broker(part);
    return new GroupSource({ ...part, group: durable.groups[i] as Group, life });
  });
}
