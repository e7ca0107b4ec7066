/** Dead letters in a topic: the record's own key, value and headers, and further headers that say why. */
import type { DeadLetter, RecordHeader } from '../../../workers/protocol.ts';
import { letterId } from './letter-json.ts';

/** Header that carries the deterministic id of a row or a letter (R6). */
export const ID_HEADER = 'engine-id';

/** Headers that letters have; a record's own of such a name makes place for them. */
export const isOwnHeader = (name: string): boolean => name.startsWith('engine-');

/**
 * Headers of a letter: those of its record, then `engine-id` (R6), `engine-code`, `engine-reason`, `engine-stage`,
 * `engine-source`, `engine-partition`, `engine-offset`, `engine-index` (of a row that the record
 * became), `engine-timestamp` (epoch ms, where the record had one), `engine-file` and `engine-byte` (of
 * a record of a file) and `engine-pipeline`.
 */
export function letterHeaders(pipeline: string, letter: DeadLetter): RecordHeader[] {
  const { code, reason, stage, source, partition, offset, index, timestamp, file } = letter;
  const own = {
    [ID_HEADER]: letterId(pipeline, letter),
    'engine-code': code,
    'engine-reason': reason,
    'engine-stage': stage,
    'engine-source': source,
    'engine-partition': String(partition),
    'engine-offset': String(offset),
    ...(index === undefined ? {} : { 'engine-index': String(index) }),
    ...(timestamp === null ? {} : { 'engine-timestamp': String(timestamp) }),
    ...(file !== undefined && { 'engine-file': file.path, 'engine-byte': String(file.byte) }),
    'engine-pipeline': pipeline,
  };
  return [
    ...(letter.headers ?? []).filter(([name]) => !isOwnHeader(name)),
    ...Object.entries(own).map(([name, text]): RecordHeader => [name, Buffer.from(text, 'utf8')]),
  ];
}
