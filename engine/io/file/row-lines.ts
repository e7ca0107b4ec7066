/** Rows of a batch → lines of JSON by the file they belong to. */
import type { Column, RowBatch } from '../../core/batch.ts';
import { buildRowJson, cellJson } from '../../core/row-json.ts';
import { buildRowTime } from '../../core/row-time.ts';
import { EngineError } from '../../errors.ts';
import type { SinkNode } from '../../plan/planner.ts';
import type { ArchiveOrder } from './archive-order.ts';
import type { PathTemplate } from './path-template.ts';

/**
 * Builds the function that gives the lines of a batch by group of the template. With an `archive` each
 * line has its envelope (R10), rows that are archived already are left out, and the files of a
 * partition follow each other in the order of its records.
 */
export function buildLines(
  { name, columns }: Pick<SinkNode, 'name' | 'columns'>,
  template: PathTemplate,
  archive: ArchiveOrder | null,
): (batch: RowBatch) => Map<string, string> {
  const json = buildRowJson(columns);
  const timeOf = buildRowTime(columns);
  const envelope = buildEnvelope(columns);
  return (batch) => {
    const lines = new Map<string, string>();
    const { origin } = batch;
    const partition = origin.kind === 'records' ? origin.partition : 0;
    // Rows that an explode made of one record are archived together.
    let last = { offset: -1, taken: false };
    for (let row = 0; row < batch.length; row++) {
      let time = template.hasTime ? timeOf(batch, row) : 0;
      if (Number.isNaN(time)) throw timeless(name);
      let text = json(batch, row);
      if (archive !== null && origin.kind === 'records') {
        const offset = origin.offsets[row] as number;
        if (offset !== last.offset) last = { offset, taken: archive.take(partition, offset) };
        if (!last.taken) continue;
        time = archive.timeOfFile(partition, time);
        text = envelope(text, origin, row);
      }
      const group = template.group(time, partition);
      lines.set(group, `${lines.get(group) ?? ''}${text}\n`);
    }
    return lines;
  };
}

type Records = Extract<RowBatch['origin'], { readonly kind: 'records' }>;

/** Puts `_partition _offset _timestamp` behind the other members, unless they are columns already. */
function buildEnvelope(
  columns: readonly Column[],
): (json: string, origin: Records, row: number) => string {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  const comma = columns.length === 0 ? '' : ',';
  return (json, { partition, offsets, timestamps }, row) => {
    const at = timestamps?.[row] ?? NaN;
    const members = [
      ['_partition', String(partition)],
      ['_offset', String(offsets[row])],
      ['_timestamp', cellJson('timestamp', Number.isNaN(at) ? null : at)],
    ] as const;
    const text = members
      .filter(([name]) => !has(name))
      .map(([name, value]) => `"${name}":${value}`)
      .join(',');
    return text === '' ? json : `${json.slice(0, -1)}${comma}${text}}`;
  };
}

const timeless = (sink: string): EngineError =>
  new EngineError(
    'ENG_SINK_FAILED',
    `sink ${sink} files its rows by event_time: window rows need their column window_end for that`,
  );
