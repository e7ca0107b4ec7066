/** What identifies the rows that reach a sink (R6). */
import { STAGE } from '../core/row-id.ts';
import type { SinkInput } from './planner.ts';

/**
 * Names of the columns that identify a window row, for sinks that write ids: the group keys and
 * `window_start` where they have one, or `partition` and `window_index`; and STAGE where rows of several
 * windows come together. Null for rows of records: those are identified by their place in the log.
 */
export function rowIdentity({
  window,
  keys,
  tells = null,
}: Pick<SinkInput, 'window' | 'keys' | 'tells'>): readonly string[] | null {
  if (!window) return null;
  return tells === null ? keys : [...keys, STAGE];
}
