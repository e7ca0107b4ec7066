/**
 * Headers of records of Kafka, from the bytes behind their values: a count, then for each a name and a
 * value, with their lengths before them (−1: null), all numbers zig-zag varints.
 */
import { type Selection, type TextVector, textOf } from '../engine/core/batch.ts';
import { headersText } from '../engine/core/headers.ts';
import { EngineError } from '../engine/errors.ts';
import { varint, varintEnd } from './decode-kafka.ts';
import type { RecordHeader } from './protocol.ts';
import type { RecordTable } from './records.ts';

/**
 * The headers that begin at `at`, in their order; values point into `bytes`. Throws EngineError
 * ENG_KAFKA_FORMAT where they run past the bytes.
 */
export function readHeaders(bytes: Uint8Array, at: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  const count = varint(bytes, at);
  let end = varintEnd();
  for (let i = 0; i < count; i++) {
    const nameLength = varint(bytes, end);
    const nameAt = varintEnd();
    const valueLength = varint(bytes, nameAt + nameLength);
    const valueAt = varintEnd();
    end = valueAt + Math.max(valueLength, 0);
    if (nameLength < 0 || end > bytes.length) {
      throw new EngineError('ENG_KAFKA_FORMAT', 'the headers of a record run past its batch');
    }
    const value = valueLength < 0 ? null : bytes.subarray(valueAt, end);
    headers.push([textOf(bytes, nameAt, nameAt + nameLength), value]);
  }
  return headers;
}

/** The column `_headers` of the selected records. What is no UTF-8 in a value becomes U+FFFD. */
export function headersVector(
  { bytes, length, valueEnd }: RecordTable,
  { rows, count }: Selection,
): TextVector {
  const values = new Array<string | null>(length).fill(null);
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const headers = readHeaders(bytes, valueEnd[row] as number);
    values[row] = headersText(
      headers.map(([name, value]) => [
        name,
        value === null ? null : textOf(value, 0, value.length),
      ]),
    );
  }
  return { kind: 'text', values };
}
