/** Who else reads in the group (R8), and members that an earlier run of ours left behind. */
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { isType } from './client.ts';
import type { GroupMember, TopicClient } from './kafka-port.ts';

const LEAVE_ATTEMPTS = 10;
const LEAVE_EVERY_MS = 300;

/** The client id of this process's readers of a pipeline: names the run, so that a dead one is known. */
export const clientIdOf = (pipeline: string): string =>
  `engine-${pipeline}-${hostname()}-${process.pid}`;

/**
 * Members that were readers of the same pipeline on this host and whose process is gone: the broker
 * would wait for them until their session ends. Pure but for `isAlive`.
 */
export function ghostsOf(
  members: readonly GroupMember[],
  clientId: string,
  isAlive: (pid: number) => boolean,
): readonly GroupMember[] {
  const prefix = clientId.slice(0, clientId.lastIndexOf('-') + 1);
  return members.filter((member) => {
    const pid = member.clientId.startsWith(prefix) ? member.clientId.slice(prefix.length) : '';
    return /^\d+$/.test(pid) && !isAlive(Number(pid));
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Takes readers that died without leaving out of the group. Failing to is no failure. */
export async function removeGhosts(
  client: TopicClient,
  group: string,
  clientId: string,
): Promise<void> {
  try {
    for (const ghost of ghostsOf(await client.members(group), clientId, isAlive)) {
      await client.leave(group, ghost.memberId);
    }
  } catch {
    // The broker removes them itself when their session ends.
  }
}

/**
 * Ends a membership of ours that broke off, so that joining anew does not wait for its session. A
 * broker that has just started needs a moment until it knows its groups. Failing to is no failure.
 */
export async function endMembership(
  client: TopicClient,
  group: string,
  memberId: string,
): Promise<void> {
  for (let attempts = 0; attempts < LEAVE_ATTEMPTS; attempts++) {
    try {
      await client.leave(group, memberId);
      return;
    } catch (error) {
      if (isType(error, 'UNKNOWN_MEMBER_ID')) return;
      await pause(LEAVE_EVERY_MS);
    }
  }
}

/** A sentence that names who reads the missing partitions. */
export async function missingNotice(
  client: TopicClient,
  group: string,
  missing: readonly number[],
  ownMemberId: string,
): Promise<string> {
  const what = `partition${missing.length === 1 ? '' : 's'} ${missing.join(', ')} of topic ${client.topic}`;
  let who: string;
  try {
    const others = (await client.members(group)).filter(({ memberId }) => memberId !== ownMemberId);
    const names = others.map((each) => `${each.clientId} at ${each.clientHost.replace(/^\//, '')}`);
    who = names.length === 0 ? 'another member' : names.join(', ');
  } catch (error) {
    who = `another member (it could not be named: ${messageOf(error)})`;
  }
  return `${what} ${missing.length === 1 ? 'is' : 'are'} read by ${who} of group ${group}: waiting until it leaves`;
}
