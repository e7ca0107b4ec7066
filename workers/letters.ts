/** Dead letters of one slice, by the error policies of the plan. */
import type { ErrorPlan } from '../engine/plan/planner.ts';
import { readHeaders } from './headers.ts';
import type { DeadLetter, LetterCode, Slice, SliceReply, WantedLetter } from './protocol.ts';
import type { RecordTable } from './records.ts';

const FIRST_ROOM_BYTES = 512;
const MOST_ROOM_BYTES = 64 << 10;

/** What cannot use a record: the source unless a stage is named, and which row of the record it is. */
export interface LetterPlace {
  readonly stage?: string;
  readonly index?: number | undefined;
}

/** Collects letters with copies of the records' bytes. */
export class Letters {
  readonly found: DeadLetter[] = [];
  /** Letters that a `skip` policy only counts. */
  skipped = 0;
  readonly #table: RecordTable;
  readonly #source: string;
  readonly #slice: Slice;
  readonly #errors: ErrorPlan;
  /** Where copies go, and how much of it they fill. */
  #room = new Uint8Array(FIRST_ROOM_BYTES);
  #used = 0;

  constructor(table: RecordTable, source: string, slice: Slice, errors: ErrorPlan) {
    this.#table = table;
    this.#source = source;
    this.#slice = slice;
    this.#errors = errors;
  }

  /** Adds record `record` of the table. */
  add(code: LetterCode, reason: string, record: number, place: LetterPlace = {}): void {
    const policy = code === 'EXPRESSION' ? this.#errors.expression : this.#errors.decode;
    if (policy === 'skip' && code !== 'LATE' && code !== 'LATE_IDLE') {
      this.skipped++;
      return;
    }
    const { bytes, keyStart, keyEnd, valueStart, valueEnd, offset, timestamp } = this.#table;
    const keyFrom = keyStart[record] as number;
    const time = timestamp[record] as number;
    this.found.push({
      code,
      reason,
      stage: place.stage ?? this.#source,
      source: this.#source,
      partition: this.#slice.partition,
      offset: offset[record] as number,
      ...(place.index === undefined ? {} : { index: place.index }),
      ...fileOf(this.#slice, valueStart[record] as number),
      ...this.#headersOf(record),
      timestamp: Number.isNaN(time) ? null : time,
      key: keyFrom < 0 ? null : this.#copy(bytes.subarray(keyFrom, keyEnd[record])),
      value: this.#copy(bytes.subarray(valueStart[record], valueEnd[record])),
    });
  }

  #headersOf(record: number): Pick<DeadLetter, 'headers'> {
    const { bytes, hasHeaders, valueEnd } = this.#table;
    if (!hasHeaders) return {};
    const headers = readHeaders(bytes, valueEnd[record] as number);
    if (headers.length === 0) return {};
    return {
      headers: headers.map(([name, value]) => [name, value === null ? null : this.#copy(value)]),
    };
  }

  /** A copy in a buffer that letters share: one each would cost more than what is in it. */
  #copy(bytes: Uint8Array): Uint8Array {
    if (this.#room.byteLength - this.#used < bytes.byteLength) {
      const size = Math.min(2 * this.#room.byteLength, MOST_ROOM_BYTES);
      this.#room = new Uint8Array(Math.max(size, bytes.byteLength));
      this.#used = 0;
    }
    const copy = this.#room.subarray(this.#used, this.#used + bytes.byteLength);
    copy.set(bytes);
    this.#used += bytes.byteLength;
    return copy;
  }

  /** Adds the records of the table, by offset, whose bytes are wanted. O(records of the table). */
  addWanted(
    wanted: ReadonlyMap<number, readonly WantedLetter[]>,
    { length, offset }: RecordTable,
  ): void {
    for (let record = 0; record < length; record++) {
      for (const { code, reason, ...place } of wanted.get(offset[record] as number) ?? []) {
        this.add(code, reason, record, place);
      }
    }
  }
}

/** Where a record of a file begins: its bytes are those of the frame. */
const fileOf = ({ file, start }: Slice, at: number): Pick<DeadLetter, 'file'> =>
  file === undefined ? {} : { file: { path: file.path, byte: file.byte + at - start } };

/** The reply for records whose bytes are all that is wanted. */
export function wantedReply(slice: Slice, letters: Letters): SliceReply {
  const { partition, firstOffset, nextOffset } = slice;
  return {
    ...{ partition, firstOffset, nextOffset, lastBatch: null },
    ...{ records: 0, tombstones: 0, maxEventTime: -Infinity, firstEventTime: null },
    ...{ counts: new Float64Array(0), partials: [], rows: [] },
    letters: letters.found,
    skipped: letters.skipped,
  };
}
