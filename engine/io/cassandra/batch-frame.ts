/**
 * BATCH requests of the native protocol v4 (section 4.1.7), written in one piece: header, then one
 * bound statement for each row of a group.
 *
 *   header   version flags stream(2) opcode length(4)
 *   body     type count(2) | row … | consistency(2) flags
 *   row      kind=1 idLength(2) id cells(2) | cell …
 *   cell     length(4) bytes;  length −1: null, −2: unset
 */
import type { Group } from './group.ts';
import { CELL_OVERHEAD_BYTES, rowSizeOf, STATEMENT_ID_BYTES, type Ticket } from './row.ts';
import type { Frame, WireColumn } from './wire-column.ts';

/** The protocol version whose frames these are. */
export const PROTOCOL_VERSION = 4;

const HEADER_BYTES = 9;
/** Type, count, consistency and flags. */
const BATCH_OVERHEAD_BYTES = 6;
const OPCODE_BATCH = 0x0d;
const UNLOGGED = 1;
const PREPARED = 1;
const NULL = -1;
const UNSET = -2;

/** A statement every row of the group is bound to. */
export interface BoundStatement {
  readonly id: Buffer;
  readonly consistency: number;
}

interface Cursor extends Frame {
  at: number;
}

function writeRow(cursor: Cursor, id: Buffer, ticket: Ticket, row: number): void {
  const { view, bytes } = cursor;
  let { at } = cursor;
  view.setUint8(at, PREPARED);
  view.setUint16(at + 1, id.length);
  at += 3 + id.copy(bytes, at + 3);
  const { columns } = ticket;
  view.setUint16(at, columns.length);
  at += 2;
  const ifNull = ticket.ifNull === null ? NULL : UNSET;
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] as WireColumn;
    const size = column.sizeOf(row);
    view.setInt32(at, size < 0 ? ifNull : size);
    at += CELL_OVERHEAD_BYTES;
    if (size <= 0) continue;
    column.write(cursor, at, row);
    at += size;
  }
  cursor.at = at;
}

/**
 * The whole frame of a group; a view of fresh memory that the caller owns. Write timestamps are in the
 * rows, so the request has none. O(bytes).
 */
export function batchFrame(
  { owners, rows }: Pick<Group<Ticket>, 'owners' | 'rows'>,
  { id, consistency }: BoundStatement,
  streamId: number,
): Buffer {
  let most = HEADER_BYTES + BATCH_OVERHEAD_BYTES;
  for (let i = 0; i < rows.length; i++) {
    const size = rowSizeOf(owners[i] as Ticket, rows[i] as number);
    most += size - STATEMENT_ID_BYTES + id.length;
  }
  const bytes = Buffer.allocUnsafe(most);
  const view = new DataView(bytes.buffer, bytes.byteOffset, most);
  const cursor: Cursor = { bytes, view, at: HEADER_BYTES + 3 };
  view.setUint8(HEADER_BYTES, UNLOGGED);
  view.setUint16(HEADER_BYTES + 1, rows.length);
  for (let i = 0; i < rows.length; i++) {
    writeRow(cursor, id, owners[i] as Ticket, rows[i] as number);
  }
  view.setUint16(cursor.at, consistency);
  view.setUint8(cursor.at + 2, 0);
  const end = cursor.at + 3;
  view.setUint8(0, PROTOCOL_VERSION);
  view.setUint8(1, 0);
  view.setInt16(2, streamId);
  view.setUint8(4, OPCODE_BATCH);
  view.setUint32(5, end - HEADER_BYTES);
  return bytes.subarray(0, end);
}
