/** Dead letters as JSON: the one way they are written to topics and files. */
import { isUtf8 } from 'node:buffer';
import type { DeadLetter, RecordHeader } from '../../../workers/protocol.ts';

/**
 * The deterministic id of a letter (R6): a JSON array of pipeline, stage, source, partition and
 * offset, and of the number of a row that its record became; for the row of a window of its key (group and window_start) in the place of the last two. A
 * letter that is written again after a crash carries the same one.
 */
export function letterId(pipeline: string, letter: DeadLetter): string {
  const { stage, source, partition, offset, index, key } = letter;
  const head = [pipeline, stage, source];
  const element = index === undefined ? [] : [index];
  if (partition >= 0) return JSON.stringify([...head, partition, offset, ...element]);
  return JSON.stringify([...head, new TextDecoder().decode(key ?? letter.value)]);
}

/**
 * A letter as one JSON object without line breaks: its id, code, reason and origin (of a record of a
 * file with `file` and `byte`, where it begins), the record's bytes
 * as `value_base64`, and as `value` when they are UTF-8; likewise the key, null when there is none, and
 * `headers`, a list of `{ name, value, value_base64 }`, where it has any.
 */
export function letterJson(pipeline: string, letter: DeadLetter): string {
  const { code, reason, stage, source, partition, offset, index, timestamp, file } = letter;
  return JSON.stringify({
    id: letterId(pipeline, letter),
    ...{ code, reason, pipeline, stage, source, partition, offset, index, timestamp },
    ...(file !== undefined && { file: file.path, byte: file.byte }),
    ...(letter.headers !== undefined && { headers: letter.headers.map(headerJson) }),
    ...bytesAs('key', letter.key),
    ...bytesAs('value', letter.value),
  });
}

const headerJson = ([name, value]: RecordHeader): Record<string, string | null> => ({
  name,
  ...bytesAs('value', value),
});

function bytesAs(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoded = { [`${name}_base64`]: view.toString('base64') };
  return isUtf8(bytes) ? { [name]: view.toString('utf8'), ...encoded } : encoded;
}
