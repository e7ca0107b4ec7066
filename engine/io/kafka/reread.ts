import type { Frame } from '../../graph/ports.ts';
import { goneError } from './direct-client.ts';
import type { DirectFetch, TopicClient } from './kafka-port.ts';
import { cutBatches, readHeader } from './record-batch.ts';

const FETCH_BYTES = 4 << 20;

/**
 * Reads records [first, next) of a partition once more, outside the consumer group, as one slice. Its
 * bytes are whole record batches and so may hold records beyond `nextOffset`. Throws EngineError
 * ENG_SOURCE_GAP when the log no longer has them.
 */
export async function reread(
  client: TopicClient,
  partition: number,
  range: { readonly first: number; readonly next: number },
): Promise<Frame> {
  const runs: Buffer[] = [];
  for (let position = range.first; position < range.next;) {
    const { bytes, aborted } = await fetchFrom(client, partition, position);
    const { cuts, nextOffset } = cutBatches(bytes, position, aborted);
    if (nextOffset === position) throw await gone(client, partition, position);
    for (const { start, length } of cuts) {
      runs.push(upTo(bytes.subarray(start, start + length), range.next));
    }
    position = nextOffset;
  }
  const buffer = new ArrayBuffer(runs.reduce((sum, run) => sum + run.length, 0));
  const target = new Uint8Array(buffer);
  let length = 0;
  for (const run of runs) {
    target.set(run, length);
    length += run.length;
  }
  const slice = { partition, start: 0, length, firstOffset: range.first, nextOffset: range.next };
  return { buffer, slices: [slice] };
}

async function fetchFrom(
  client: TopicClient,
  partition: number,
  position: number,
): Promise<DirectFetch> {
  try {
    return await client.fetch(partition, position, FETCH_BYTES);
  } catch (error) {
    const low = (await client.offsets('low')).get(partition);
    if (low !== undefined && low > position) throw await gone(client, partition, position);
    throw error;
  }
}

/** The whole batches that begin below `next`. */
function upTo(bytes: Buffer, next: number): Buffer {
  let at = 0;
  for (let header = readHeader(bytes, 0); header !== null; header = readHeader(bytes, at)) {
    if (header.baseOffset >= next) break;
    at = header.end;
  }
  return bytes.subarray(0, at);
}

async function gone(client: TopicClient, partition: number, offset: number): Promise<Error> {
  const low = (await client.offsets('low')).get(partition) ?? 0;
  const high = (await client.offsets('high')).get(partition) ?? 0;
  const text = `offset ${offset} is needed once more, but the log now holds ${low} to ${high}`;
  return goneError(client.topic, partition, text);
}
