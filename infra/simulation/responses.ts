/** Responses to fetches, as a broker puts them together. */
import { FrameAssembler } from '../../engine/io/kafka/framed-socket.ts';
import type { Topic } from './topic.ts';

/** What is asked of one partition. */
export interface Asked {
  readonly partition: number;
  readonly offset: number;
}

/** Of one partition in a response. */
const MOST_BATCHES = 4;
/** Length and correlation id. */
const ENVELOPE = Buffer.alloc(4);
const LENGTH_BYTES = 4;

/**
 * The bytes of each partition: some of its batches from the offset on, perhaps none though there are
 * some, perhaps one that is cut off. They lie in one buffer, as a socket reads them, or in one that
 * has other owners.
 */
export function responseTo(
  asked: readonly Asked[],
  topic: Topic,
  random: () => number,
): readonly Buffer[] {
  const parts = asked.map(({ partition, offset }) => {
    const batches = topic.batchesFrom(partition, offset);
    const count = Math.floor(random() * (Math.min(batches.length, MOST_BATCHES) + 1));
    const cut = random() < 0.2 ? batches[count] : undefined;
    const rest = cut?.subarray(0, Math.floor(random() * cut.length));
    return Buffer.concat([...batches.slice(0, count), ...(rest === undefined ? [] : [rest])]);
  });
  return random() < 0.3 ? parts : together(parts);
}

function together(parts: readonly Buffer[]): readonly Buffer[] {
  const body = Buffer.concat([ENVELOPE, ...parts]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(body.length);
  let frame: Buffer = length;
  const assembler = new FrameAssembler((whole) => (frame = whole));
  const bytes = Buffer.concat([length, body]);
  assembler.push(bytes, bytes.length);
  let at = LENGTH_BYTES + ENVELOPE.length;
  return parts.map((part) => frame.subarray(at, (at += part.length)));
}
