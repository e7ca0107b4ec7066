/** How a CSV file is written: the characters it is made of. */

/** Each a single character of ASCII, and no line break. */
export interface CsvMarks {
  /** Between the fields of a row. */
  readonly delimiter: string;
  /** Around a field that may hold anything; twice inside of it for itself. */
  readonly quote: string;
}

/** What most files are written with (RFC 4180). */
export const commonMarks: CsvMarks = { delimiter: ',', quote: '"' };
