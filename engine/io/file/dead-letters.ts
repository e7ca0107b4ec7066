/** Dead letters → a file of JSON lines. At least once, with ids (R6). */
import { join } from 'node:path';
import { EngineError } from '../../errors.ts';
import type { DeadLetterPort, SinkContext } from '../../graph/ports.ts';
import type { Connector } from '../../plan/planner.ts';
import { letterJson } from '../dead-letter/letter-json.ts';
import { PartFile } from './part-file.ts';

/**
 * Appends dead letters to the file of the connector's `path`, on disk when `write` resolves. A line
 * that a crash cut off is ended, so that the next one is whole.
 * @param directory the project's root
 */
export function fileDeadLetters(
  connector: Connector,
  context: SinkContext,
  directory: string,
): DeadLetterPort {
  const { path } = connector.config as { path: string };
  let file: PartFile | null = null;
  let line: Promise<void> = Promise.resolve();
  return {
    async open() {
      file = await PartFile.open({ absolute: join(directory, path), path, nowMs: 0 });
      await file.endLine();
    },
    async write(letters) {
      const open = file;
      if (open === null) throw new EngineError('ENG_RUN_STOPPED', `${path} is closed`);
      const text = letters.map((letter) => `${letterJson(context.pipeline, letter)}\n`).join('');
      const written = line.then(async () => {
        await open.append(Buffer.from(text, 'utf8'));
        await open.sync();
      });
      line = written.catch(() => undefined);
      await written;
    },
    async close() {
      const open = file;
      file = null;
      await line;
      await open?.close();
    },
  };
}
