/** Dead letters read back from where they are kept. */
import type { FilePlace } from '../../../workers/protocol.ts';
import type { TopicHeader, TopicRecord } from '../kafka/topic-reader.ts';
import { ID_HEADER, isOwnHeader } from './letter-headers.ts';

/** A dead letter as it was kept. */
export interface KeptLetter {
  /** Deterministic (R6): a letter that was written twice has it twice. */
  readonly id: string;
  readonly code: string;
  readonly reason: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly source: string;
  /** −1 for rows of windows, as the offset. */
  readonly partition: number;
  readonly offset: number;
  /** Which of the rows that its record became it is of; null: of the record. */
  readonly index: number | null;
  /** Of the record, epoch ms; null where it had none. */
  readonly timestamp: number | null;
  /** Where the record begins; null when it is of no file. */
  readonly file: FilePlace | null;
  /** Of a record that had any. */
  readonly headers?: readonly TopicHeader[];
  readonly key: Buffer | null;
  /** Null for a record that was too large to be kept. */
  readonly value: Buffer | null;
}

/** The letter of a line of a file; null for a line that is none, as a crash may leave one. */
export function letterOfLine(line: string): KeptLetter | null {
  let json: Readonly<Record<string, unknown>>;
  try {
    json = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
  if (typeof json['id'] !== 'string' || typeof json['code'] !== 'string') return null;
  const text = (name: string): string => {
    const value = json[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    ...{ id: json['id'], code: json['code'], reason: text('reason'), pipeline: text('pipeline') },
    ...{ stage: text('stage'), source: text('source') },
    partition: Number(json['partition']),
    offset: Number(json['offset']),
    index: typeof json['index'] === 'number' ? json['index'] : null,
    timestamp: typeof json['timestamp'] === 'number' ? json['timestamp'] : null,
    file: placeOf(json['file'], json['byte']),
    ...(Array.isArray(json['headers']) && { headers: json['headers'].map(headerOf) }),
    ...{ key: bytesOf(json, 'key'), value: bytesOf(json, 'value') },
  };
}

function bytesOf(json: Readonly<Record<string, unknown>>, name: string): Buffer | null {
  const encoded = json[`${name}_base64`];
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : null;
}

function headerOf(json: Readonly<Record<string, unknown>>): TopicHeader {
  const { name } = json;
  return [typeof name === 'string' ? name : '', bytesOf(json, 'value')];
}

/** The letter of a record of a topic; null for a record that no engine has written. */
export function letterOfRecord({ headers, key, value }: TopicRecord): KeptLetter | null {
  const texts = headers.map(([name, bytes]) => [name, bytes?.toString() ?? ''] as const);
  const found = new Map(texts);
  const others = headers.filter(([name]) => !isOwnHeader(name));
  const id = found.get(ID_HEADER);
  const code = found.get('engine-code');
  if (id === undefined || code === undefined) return null;
  const text = (name: string): string => found.get(`engine-${name}`) ?? '';
  const time = found.get('engine-timestamp');
  const index = found.get('engine-index');
  return {
    ...{ id, code, reason: text('reason'), pipeline: text('pipeline') },
    ...{ stage: text('stage'), source: text('source') },
    partition: Number(text('partition')),
    offset: Number(text('offset')),
    index: index === undefined ? null : Number(index),
    timestamp: time === undefined ? null : Number(time),
    file: placeOf(found.get('engine-file'), found.get('engine-byte')),
    ...(others.length > 0 && { headers: others }),
    ...{ key, value },
  };
}

const placeOf = (path: unknown, byte: unknown): FilePlace | null =>
  typeof path === 'string' ? { path, byte: Number(byte) } : null;
