/** Dead letters of a file of JSON lines. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EngineError, messageOf } from '../../errors.ts';
import type { Connector } from '../../plan/planner.ts';
import { type KeptLetter, letterOfLine } from '../dead-letter/kept-letter.ts';

/**
 * The letters of the connector's `path` in the order they were written; none where there is no file.
 * Throws EngineError ENG_FILE_READ. `directory` is the project's root.
 */
export async function* readFileLetters(
  connector: Connector,
  directory: string,
): AsyncGenerator<KeptLetter> {
  const { path } = connector.config as { readonly path: string };
  const input = createReadStream(join(directory, path));
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const letter = letterOfLine(line);
      if (letter !== null) yield letter;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new EngineError('ENG_FILE_READ', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
