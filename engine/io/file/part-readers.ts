/** In which form each file of a source is read. */
import type { SourceNode } from '../../plan/planner.ts';
import { arrayStart, elementsOf } from './elements.ts';
import type { Input, Part } from './input.ts';
import { linesOf } from './lines.ts';
import { checkUnchanged } from './part-bytes.ts';
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
  if (format.kind === 'json') return onePerPart(jsonReader);
  const declared = fields.flatMap(({ from }) => (typeof from === 'string' ? [] : [from.join('.')]));
  const readers = new Map<Part, PartReader>();
  for (const part of [...partitions.values()].flat()) {
    readers.set(part, await rowsOf(part, format, declared));
  }
  return (part) => Promise.resolve(readers.get(part) as PartReader);
}

/** Lines, or the elements of one array; which of the two a part is, its first byte says. */
async function jsonReader(part: Part): Promise<PartReader> {
  await checkUnchanged(part);
  // Parts of an archive are written by the engine, as lines.
  const begin = part.mayGrow ? null : await arrayStart(part);
  return begin === null ? linesOf(part) : elementsOf(part, begin);
}

function onePerPart(
  open: (part: Part) => Promise<PartReader>,
): (part: Part) => Promise<PartReader> {
  const readers = new Map<Part, Promise<PartReader>>();
  return (part) => {
    const reader = readers.get(part) ?? open(part);
    readers.set(part, reader);
    return reader;
  };
}
