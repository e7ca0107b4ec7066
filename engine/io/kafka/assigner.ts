/**
 * Who of a consumer group reads what. kafkajs' own assigner gives every member partitions of every
 * topic its leader knows, whatever a member reads: two sources in one group, each of its topic, would
 * never have all of theirs.
 */
import { AssignerProtocol, type PartitionAssigner, PartitionAssigners } from 'kafkajs';

/**
 * Deals the partitions of each topic out to the members that subscribe to it, in turn, as kafkajs
 * does among members of one subscription; by the same name, so that both may be in one group.
 */
export const bySubscription: PartitionAssigner = (config) => {
  const { cluster } = config;
  const usual = PartitionAssigners.roundRobin(config);
  return {
    ...usual,
    async assign({ members }) {
      const readers = readersOf(members);
      await cluster.addMultipleTargetTopics([...readers.keys()]);
      const dealt = new Map(
        members.map(({ memberId }) => [memberId, new Map<string, number[]>()] as const),
      );
      for (const [topic, ids] of readers) {
        const partitions = cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => partitionId)
          .toSorted((a, b) => a - b);
        for (const [turn, memberId] of ids.entries()) {
          const own = partitions.filter((_, i) => i % ids.length === turn);
          if (own.length > 0) dealt.get(memberId)?.set(topic, own);
        }
      }
      return [...dealt].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: usual.version,
          assignment: Object.fromEntries(assignment),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  };
};

/** Ids of the members that subscribe to each topic, in ascending order. */
function readersOf(
  members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
): Map<string, string[]> {
  const readers = new Map<string, string[]>();
  for (const { memberId, memberMetadata } of members) {
    const topics = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [];
    for (const topic of topics) readers.set(topic, [...(readers.get(topic) ?? []), memberId]);
  }
  for (const ids of readers.values()) ids.sort();
  return readers;
}
