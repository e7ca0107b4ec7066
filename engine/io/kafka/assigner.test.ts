import { AssignerProtocol, type Cluster } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { bySubscription } from './assigner.ts';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** A cluster whose topics have so many partitions; it knows those it has been asked to. */
function clusterOf(topics: Readonly<Record<string, number>>): Cluster {
  const known = new Set<string>();
  return {
    addMultipleTargetTopics: (names: string[]) => {
      for (const name of names) known.add(name);
      return Promise.resolve();
    },
    // As kafkajs has it: in no order.
    findTopicPartitionMetadata: (topic: string) =>
      Array.from({ length: known.has(topic) ? (topics[topic] ?? 0) : 0 }, (_, partitionId) => ({
        partitionId,
      })).toReversed(),
  } as unknown as Cluster;
}

/** Who gets what, when the first of the members leads. */
async function assigned(
  topics: Readonly<Record<string, number>>,
  members: Readonly<Record<string, string[]>>,
): Promise<Record<string, Record<string, number[]> | undefined>> {
  const logger = {} as Parameters<typeof bySubscription>[0]['logger'];
  const assigner = bySubscription({ cluster: clusterOf(topics), groupId: 'g', logger });
  const [leader = []] = Object.values(members);
  const found = await assigner.assign({
    members: Object.entries(members).map(([memberId, wanted]) => ({
      memberId,
      memberMetadata: MemberMetadata.encode({
        version: 0,
        topics: wanted,
        userData: Buffer.alloc(0),
      }),
    })),
    topics: leader,
  });
  return Object.fromEntries(
    found.map(({ memberId, memberAssignment }) => {
      const { assignment } = MemberAssignment.decode(memberAssignment) ?? {};
      return [memberId, { ...assignment }];
    }),
  );
}

describe('who of a consumer group reads what (R8)', () => {
  it('every member has all partitions of a topic that it alone reads', async () => {
    expect(await assigned({ east: 3, west: 2 }, { a: ['east'], b: ['west'] })).toEqual({
      ...{ a: { east: [0, 1, 2] } },
      b: { west: [0, 1] },
    });
  });

  it('members that read the same topic have its partitions in turn, in the order of their ids', async () => {
    const members = { b: ['t', 'u'], a: ['t'], c: [] };
    expect(await assigned({ t: 5, u: 1 }, members)).toEqual({
      ...{ a: { t: [0, 2, 4] }, b: { t: [1, 3], u: [0] } },
      c: {},
    });
  });

  it('a topic that is not there, or has fewer partitions than readers, gives nothing', async () => {
    const members = { a: ['t', 'gone'], b: ['t'] };
    expect(await assigned({ t: 1 }, members)).toEqual({ a: { t: [0] }, b: {} });
  });

  it('goes by the name of the usual one, so that other clients of kafkajs may join', () => {
    const logger = {} as Parameters<typeof bySubscription>[0]['logger'];
    const { name, version } = bySubscription({ cluster: clusterOf({}), groupId: 'g', logger });
    expect({ name, version }).toEqual({ name: 'RoundRobinAssigner', version: 0 });
  });
});
