/** What `engine status` prints: a line per pipeline, then what an ended one said. */
import { formatIso } from '../core/time/civil.ts';
import { short } from '../run/progress.ts';
import type { PipelineStatus } from '../run/status-file.ts';
import { textTable } from './text-table.ts';

const columns = [
  { title: 'pipeline', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'records', align: 'right' },
  { title: 'per second', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'watermark', align: 'left' },
  { title: 'late', align: 'right' },
  { title: 'dead', align: 'right' },
  { title: 'snapshots', align: 'right' },
  { title: 'said', align: 'left' },
] as const;

/** The table; records, rows, late and dead letters count from the start of the run. */
export function statusText(all: readonly PipelineStatus[]): string {
  const ended = all.filter(({ error }) => error !== null);
  const reasons = ended.map(({ pipeline, error }) => `${pipeline}: ${error}\n`);
  return [textTable(columns, all.map(cells)), ...reasons].join('');
}

function cells(status: PipelineStatus): string[] {
  const { progress, checkpoints } = status;
  const goesOn = status.condition === 'running' || status.condition === 'draining';
  return [
    status.pipeline,
    status.condition,
    short(progress.records),
    goesOn ? short(progress.recordsPerSecond) : '',
    short(progress.rows),
    progress.lag === null ? '' : short(progress.lag),
    progress.watermark === null ? '' : formatIso(progress.watermark),
    short(progress.late),
    short(progress.deadLetters),
    short(checkpoints.taken),
    agoText(status.ageMs),
  ];
}

/** An age in the unit that suits it: `3 s ago`. */
export function agoText(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  if (seconds < 120) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}
