/** Files as runs of whole records: what all forms of files have in common. */

/** Bytes a run has when no record is longer. */
export const RUN_BYTES = 4 * 1024 * 1024;
/** The longest record that is read. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Whole records in a buffer of their own, from its beginning on. */
export interface Run {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly records: number;
  /** Bytes of the part before and after the run, unpacked. */
  readonly from: number;
  readonly to: number;
}

/** Reads one part in the form it has. */
export interface PartReader {
  /** Of CSV: the columns that its first line names. */
  readonly header?: readonly string[];
  /** Of a JSON array: its records are the elements. */
  readonly isArray?: true;
  /**
   * Runs from a byte on (unpacked) at which a run ended, or from 0.
   * @throws EngineError ENG_SOURCE_GAP when the file is not the one that was found, ENG_FILE_READ
   *   when it cannot be read or a record is longer than MAX_RECORD_BYTES
   */
  read(from: number): AsyncGenerator<Run>;
  /** Where record `record` of the bytes of a run begins, counted from 0. O(bytes). */
  startOf(bytes: Uint8Array, record: number): number;
}
