/** In which form each file of a source is read. */
import type { SourceNode } from '../../plan/planner.ts';
import type { Input, Part } from './input.ts';
import { linesOf } from './lines.ts';
import { rowsOf } from './rows.ts';
import type { PartReader } from './runs.ts';

/**
 * The readers of parts, one each. The first lines of CSV files are read here, so that one which does
 * not fit is found before anything is written.
 * @throws EngineError ENG_FILE_READ when it lacks a declared column
 */
export async function openReaders(
  { partitions }: Input,
  { format, fields }: Pick<SourceNode, 'format' | 'fields'>,
): Promise<(part: Part) => Promise<PartReader>> {
  if (format.kind === 'json') return (part) => Promise.resolve(linesOf(part));
  const declared = fields.flatMap(({ from }) => (typeof from === 'string' ? [] : [from.join('.')]));
  const readers = new Map<Part, PartReader>();
  for (const part of [...partitions.values()].flat()) {
    readers.set(part, await rowsOf(part, format, declared));
  }
  return (part) => Promise.resolve(readers.get(part) as PartReader);
}
