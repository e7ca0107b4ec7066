/** Writes the records of a schedule to its topics. */
import type { StreamRecord } from '../oracles/stream.ts';
import type { Durable } from './durable.ts';
import type { Schedule, Written } from './schedule.ts';
import type { Topic } from './topic.ts';

const MOST_PARTITIONS = 4;

/** Everything that is produced in one schedule. */
export class Writer {
  readonly #durable: Durable;
  /** Event time of the newest record, seconds. */
  #at = 0;

  constructor(durable: Durable) {
    this.#durable = durable;
  }

  /** Appends to one of all partitions; where that is. */
  write({ partition, records }: Written): { topic: Topic; at: number } {
    const { topics } = this.#durable;
    const places = topics.flatMap((topic) => topic.logs.map((_, at) => ({ topic, at })));
    const { topic, at } = places[partition % places.length] as (typeof places)[number];
    const isLines = topic.framing === 'lines';
    const written = records.map(({ kind, k, gap, back, x }): StreamRecord => {
      this.#at += gap;
      const isIn = !isLines || kind === 'bad' || kind === 'poison';
      return { kind: isIn ? kind : 'good', k, t: this.#at - back, x };
    });
    topic.append(at, written);
    return { topic, at };
  }

  /** Reading begins among these records (R3); each has a time, so that the first one is known. */
  writeBefore({ skip, records, partition }: Schedule['before'][number]): void {
    const good = records.map((each) => ({ ...each, kind: 'good' as const }));
    const { topic, at } = this.write({ partition, records: good });
    topic.starts[at] = topic.lengthOf(at) - good.length + (skip % good.length);
  }

  /** A topic gets another partition, unless it has many. */
  grow(at: number): void {
    const { topics } = this.#durable;
    const topic = topics[at % topics.length] as Topic;
    if (topic.logs.length < MOST_PARTITIONS) this.#durable.addPartition(topic);
  }
}
