/** Dead letters as JSON: the one way they are written to topics and files. */
import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../../../workers/protocol.ts';

/**
 * The deterministic id of a letter (R6): a JSON array of pipeline, stage, source, partition and
 * offset. A letter that is written again after a crash carries the same one.
 */
export const letterId = (pipeline: string, letter: DeadLetter): string =>
  JSON.stringify([pipeline, letter.stage, letter.source, letter.partition, letter.offset]);

/**
 * A letter as one JSON object without line breaks: its id, code, reason and origin, the record's bytes
 * as `value_base64`, and as `value` when they are UTF-8; likewise the key, null when there is none.
 */
export function letterJson(pipeline: string, letter: DeadLetter): string {
  const { code, reason, stage, source, partition, offset, timestamp } = letter;
  return JSON.stringify({
    id: letterId(pipeline, letter),
    ...{ code, reason, pipeline, stage, source, partition, offset, timestamp },
    ...bytesAs('key', letter.key),
    ...bytesAs('value', letter.value),
  });
}

function bytesAs(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoded = { [`${name}_base64`]: view.toString('base64') };
  return isUtf8(bytes) ? { [name]: view.toString('utf8'), ...encoded } : encoded;
}
