/** Rows → standard output, as lines of JSON or as a table for people. */
import type { Writable } from 'node:stream';
import { cellOf, isText, type Column, type RowBatch } from '../../core/batch.ts';
import { buildRowJson, cellText } from '../../core/row-json.ts';
import { EngineError, messageOf } from '../../errors.ts';
import type { SinkContext, SinkPort } from '../../graph/ports.ts';
import type { SinkNode } from '../../plan/planner.ts';

/** Settings of a stdout sink. */
export interface StdoutConfig {
  readonly format: 'json' | 'table';
}

/**
 * A sink that prints rows. Not replayable: rows after the last snapshot are printed again by the next
 * run (R6).
 */
export function stdoutSink(
  node: SinkNode,
  context: SinkContext,
  output: Writable = process.stdout,
): SinkPort {
  const { format } = node.connector.config as StdoutConfig;
  const textOf = format === 'table' ? buildTable(node.columns) : buildLines(node.columns);
  let line: Promise<void> = Promise.resolve();
  // A reader that leaves (`| head`) is told to the callback of the write: without a listener it
  // would end the process.
  const onError = (): void => undefined;
  return {
    async open() {
      output.on('error', onError);
    },
    async write(batch) {
      if (context.signal.aborted) throw new EngineError('ENG_RUN_STOPPED', 'the run has ended');
      if (batch.length === 0) return;
      const written = line.then(async () => print(output, textOf(batch)));
      line = written.catch(() => undefined);
      await written;
    },
    flush: async () => line,
    async close() {
      await line;
      output.off('error', onError);
    },
  };
}

/** Resolves when the text has been handed over. */
async function print(output: Writable, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    output.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new EngineError('ENG_SINK_FAILED', `standard output: ${messageOf(error)}`));
    });
  });
}

function buildLines(columns: readonly Column[]): (batch: RowBatch) => string {
  const json = buildRowJson(columns);
  return (batch) => {
    let text = '';
    for (let row = 0; row < batch.length; row++) text += `${json(batch, row)}\n`;
    return text;
  };
}

/** Columns are never wider than this, unless a value is. */
const MAX_WIDTH = 40;

/** Aligned columns under one heading; the first batch decides how wide they are. */
function buildTable(columns: readonly Column[]): (batch: RowBatch) => string {
  let widths: number[] | null = null;
  const lineOf = (cells: readonly string[], at: readonly number[]): string =>
    cells
      .map((cell, i) => {
        const { type = 'string' } = columns[i] ?? {};
        const isNumber = !isText(type) && type !== 'timestamp';
        return isNumber ? cell.padStart(at[i] ?? 0) : cell.padEnd(at[i] ?? 0);
      })
      .join('  ')
      .trimEnd();
  return (batch) => {
    const rows = Array.from({ length: batch.length }, (_, row) =>
      columns.map(({ type }, i) => {
        const vector = batch.vectors[i];
        return cellText(type, vector === undefined ? null : cellOf(vector, row));
      }),
    );
    const names = columns.map(({ name }) => name);
    const isFirst = widths === null;
    widths ??= names.map((name, i) =>
      Math.min(MAX_WIDTH, Math.max(name.length, ...rows.map((cells) => cells[i]?.length ?? 0))),
    );
    const at = widths;
    const rule = at.map((width) => '─'.repeat(width)).join('  ');
    const heading = isFirst ? [lineOf(names, at), rule] : [];
    return [...heading, ...rows.map((cells) => lineOf(cells, at)), ''].join('\n');
  };
}
