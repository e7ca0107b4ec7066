/** The disk that snapshots are written to. */
import type { SnapshotContent } from '../../engine/io/checkpoint/snapshot-store.ts';
import type { SnapshotHeader } from '../../engine/run/state.ts';
import type { Agenda } from './agenda.ts';
import type { Durable } from './durable.ts';

/** What the disk needs of its world. */
export interface DiskWorld {
  readonly durable: Durable;
  readonly agenda: Agenda;
  readonly broken: ReadonlySet<string>;
}

/** Opens it for one life. */
export const openDisk = ({ durable, agenda, broken }: DiskWorld) => ({
  write: async ({ header, buffers }: SnapshotContent): Promise<number> => {
    await agenda.turn('disk');
    if (broken.has('disk')) throw new Error('disk is broken');
    // What is written is what the buffers hold by now.
    const json = JSON.stringify(header);
    const copies = buffers.map((buffer) => buffer.slice());
    await agenda.turn('disk');
    durable.save(json, copies);
    for (const topic of durable.topics) {
      const positions = (header as SnapshotHeader).sources[topic.name]?.positions ?? [];
      topic.positions = new Map(positions.map(([p, { nextOffset }]) => [p, nextOffset]));
    }
    return json.length;
  },
});
