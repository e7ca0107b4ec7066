/**
 * Logs that lose their first records, before a run or under it, and a source that goes on behind
 * them as it was told to: what it finds and says is what the Kafka source does (R4).
 */
import { EngineError } from '../errors.ts';
import type { Positions, ResumePoint } from '../graph/ports.ts';
import { type StartLog, differences, startPositions } from '../io/kafka/start-positions.ts';

/** What of the logs is left. */
export class Retention {
  /** By partition: the first offset that there is. */
  readonly low: number[];
  /** Everything that was said. */
  readonly notices: string[] = [];

  constructor(partitions: number) {
    this.low = Array.from({ length: partitions }, () => 0);
  }

  /** Where reading begins, of the partitions that do not begin where they ended. */
  async starts(
    points: ReadonlyMap<number, ResumePoint>,
    high: readonly number[],
  ): Promise<Positions> {
    const log: StartLog = {
      topic: 'world',
      offsets: (at) => Promise.resolve(new Map((at === 'low' ? this.low : high).entries())),
      // Lines have no batches to compare.
      isCompacted: () => Promise.resolve(true),
      committed: () => Promise.reject(new Error('nothing is committed')),
      fetch: () => Promise.reject(new Error('there are no batches')),
    };
    const positions = await startPositions(log, {
      ...{ points, group: 'world', start: 'earliest', onDataLoss: 'skip' },
      onNotice: (text) => this.notices.push(text),
    });
    return new Map([...positions].filter(([p, next]) => points.get(p)?.nextOffset !== next));
  }

  /** Where reading goes on, of the partitions whose next records are gone. */
  moved(next: readonly number[], high: readonly number[]): Positions {
    const points = next.map((nextOffset, p) => [p, { nextOffset, lastBatch: null }] as const);
    const log = { low: new Map(this.low.entries()), high: new Map(high.entries()) };
    const found = differences(new Map(points), { ...log, headers: new Map() });
    for (const { text } of found) this.notices.push(text);
    return new Map(found.map(({ partition, position }) => [partition, position]));
  }

  /** Throws EngineError ENG_SOURCE_GAP for records that are gone. */
  require(partition: number, offset: number): void {
    if (offset >= (this.low[partition] ?? 0)) return;
    throw new EngineError('ENG_SOURCE_GAP', `offset ${offset} is needed once more`);
  }
}
