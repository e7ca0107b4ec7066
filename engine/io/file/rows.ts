/** Files of CSV as runs of rows, below a first line that names the columns where they have one. */
import { RowFinder } from '../../core/csv/rows.ts';
import type { CsvFormat } from '../../core/csv/scan.ts';
import { csvRows } from '../../core/csv/table.ts';
import { LineFinder } from '../../core/json/simd/line-finder.ts';
import { suggest } from '../../core/suggest.ts';
import { EngineError } from '../../errors.ts';
import { type Cutter, cutRuns } from './cut-runs.ts';
import type { Part } from './input.ts';
import { chunksOf, tooLong } from './part-bytes.ts';
import type { PartReader } from './runs.ts';

const NEWLINE = 10;
const MOST_HEADER_BYTES = 1024 * 1024;
const lineFinder = new LineFinder();

/**
 * Reads a part as rows.
 * @param declared names of columns that it must have; without a first line its columns in their order
 * @throws EngineError ENG_FILE_READ when its first line lacks one of them
 */
export async function rowsOf(
  part: Part,
  format: CsvFormat,
  declared: readonly string[],
): Promise<PartReader> {
  const finder = new RowFinder(format);
  const isNamed = format.header !== false;
  const { header, begin } = isNamed
    ? await readHeader(part, format, finder)
    : { header: declared, begin: await markLengthOf(part) };
  if (isNamed) checkHeader(part, header, declared);
  const cutter: Cutter = {
    cut: (bytes, isLast) => cutRows(finder, bytes, isLast),
    tooLong: () => tooLong(part, 'a row', `is a quote (${format.quote}) not closed?`),
  };
  return {
    header,
    read: (from) => cutRuns(part, Math.max(from, begin), cutter),
    startOf(bytes, record) {
      let at = 0;
      for (let i = 0; i < record; i++) at = finder.endOf(bytes, at, bytes.length) + 1;
      return at;
    },
  };
}

/** The whole rows that bytes begin with (see Cutter). */
export function cutRows(
  finder: RowFinder,
  bytes: Uint8Array,
  isLast: boolean,
): { end: number; records: number } {
  let end = 0;
  let records = 0;
  if (finder.hasQuotes(bytes)) {
    for (let newline = 0; ; records++) {
      newline = finder.endOf(bytes, end, bytes.length);
      if (newline < 0) break;
      end = newline + 1;
    }
  } else {
    end = bytes.lastIndexOf(NEWLINE) + 1;
    records = lineFinder.count(bytes.subarray(0, end));
  }
  // The last row may lack its line break.
  const isMore = isLast && end < bytes.length;
  return isMore ? { end: bytes.length, records: records + 1 } : { end, records };
}

/** The columns of a part, and the byte where its rows begin. */
async function readHeader(
  part: Part,
  format: CsvFormat,
  finder: RowFinder,
): Promise<{ header: readonly string[]; begin: number }> {
  let bytes = Buffer.alloc(0);
  let end = -1;
  for await (const chunk of chunksOf(part, 0)) {
    bytes = Buffer.concat([bytes, chunk]);
    end = finder.endOf(bytes, markLength(bytes), bytes.length);
    if (end >= 0 || bytes.length > MOST_HEADER_BYTES) break;
  }
  const line = bytes.toString('utf8', markLength(bytes), end < 0 ? bytes.length : end);
  const [header] = line.length > MOST_HEADER_BYTES ? [] : csvRows(line, format);
  if (header === undefined) throw unfit(part, 'its first line names no columns');
  return { header, begin: end < 0 ? bytes.length : end + 1 };
}

/** Length of the byte order mark that a part begins with. */
async function markLengthOf(part: Part): Promise<number> {
  for await (const chunk of chunksOf(part, 0)) return markLength(chunk);
  return 0;
}

/** Length of the byte order mark that bytes begin with. */
const markLength = (bytes: Uint8Array): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;

function checkHeader(part: Part, header: readonly string[], declared: readonly string[]): void {
  for (const name of declared) {
    const count = header.filter((each) => each === name).length;
    if (count > 1) throw unfit(part, `its first line names the column ${name} twice`);
    if (count === 1) continue;
    const near = suggest(name, header);
    const hint = near === null ? `it has ${header.join(', ')}` : `did you mean ${near}?`;
    throw unfit(part, `its first line has no column ${name} (${hint})`);
  }
}

const unfit = ({ path }: Part, problem: string): EngineError =>
  new EngineError('ENG_FILE_READ', `${path}: ${problem}`);
